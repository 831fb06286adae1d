using System.Net;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Stripe;

namespace LinkShort.Billing.Payments;

/// <summary>What Stripe's failures mean here.</summary>
public static class StripeFailures
{
    /// <summary>Away, slow, overloaded or limiting: the same request may succeed later.</summary>
    public static bool IsOutage(Exception exception, CancellationToken caller) => exception switch
    {
        StripeException { HttpStatusCode: HttpStatusCode.TooManyRequests or HttpStatusCode.Conflict or >= HttpStatusCode.InternalServerError } => true,
        // A wrong, revoked or restricted key: an operator's to mend, and nobody loses anything until then.
        StripeException { HttpStatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } => true,
        // Stripe answers an idempotency key for a day, also with other values than ours.
        StripeException { StripeError.Type: "idempotency_error" } => true,
        // No response at all.
        StripeException { HttpStatusCode: 0 } => true,
        _ => Outages.IsOutageOrDeadline(exception, caller),
    };

    public static bool IsMissing(StripeException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.HttpStatusCode == HttpStatusCode.NotFound || exception.StripeError?.Code == "resource_missing";
    }

    /// <summary>The customer that a request names was deleted at Stripe.</summary>
    public static bool IsMissingCustomer(StripeException exception) => IsMissing(exception) && exception.StripeError?.Param == "customer";

    /// <summary>The bank wants the customer to confirm the payment (3-D Secure).</summary>
    public static bool NeedsConfirmation(StripeException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.StripeError?.Code is "subscription_payment_intent_requires_action" or "authentication_required";
    }

    /// <summary>400 with the field that Stripe refused, or 409 for what it refuses in the subscription's state.</summary>
    public static ProblemHttpResult Refused(StripeException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.StripeError?.Param switch
        {
            { } name when name.Contains("promotion_code", StringComparison.Ordinal) => ValidationErrors.Of("promotionCode", BillingTexts.Of("billing.promotionCode")),
            { } name when name.Contains("proration_date", StringComparison.Ordinal) => ValidationErrors.Of("prorationDate", BillingTexts.Of("billing.prorationDate")),
            { } name when name.Contains("price", StringComparison.Ordinal) => ValidationErrors.Of("plan", BillingTexts.Of("billing.planUnavailable")),
            _ => Problems.Conflict.Result(BillingTexts.Of("billing.refused")),
        };
    }

    /// <summary>503 with a sentence that says what to do.</summary>
    public static ProblemHttpResult Unavailable() => Problems.Unavailable.Result(BillingTexts.Of("billing.stripeAway"));
}

/// <summary>What every endpoint that asks Stripe answers when it fails: 503 while it doesn't answer, 402 for a refused card, and the field or 409 otherwise.</summary>
public sealed partial class StripeOutageFilter(ILogger<StripeOutageFilter> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            return await next(context);
        }
        catch (StripeException exception) when (exception.StripeError?.Type == "card_error")
        {
            return Problems.PaymentFailed.Result(BillingTexts.Of("billing.cardDeclined"));
        }
        catch (Exception exception) when (exception is StripeException or HttpRequestException or TaskCanceledException
            && StripeFailures.IsOutage(exception, context.HttpContext.RequestAborted))
        {
            Log.Away(logger, exception);
            return StripeFailures.Unavailable();
        }
        catch (StripeException exception)
        {
            Log.Refused(logger, exception, exception.StripeError?.Code ?? "no code", exception.StripeError?.Param ?? "no parameter");
            return StripeFailures.Refused(exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Stripe didn't answer, or refused the key.")]
        public static partial void Away(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Error, "Stripe refused a request: {Code}, {Parameter}.")]
        public static partial void Refused(ILogger logger, Exception exception, string code, string parameter);
    }
}

/// <summary>404 <c>billing-disabled</c> on installations that sell no plans.</summary>
public sealed class RequireSales(Plans.PlanCatalog plans) : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return plans.SellsPlans ? next(context) : new(Problems.BillingDisabled.Result());
    }
}
