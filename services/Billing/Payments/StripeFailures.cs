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
        // No response at all.
        StripeException { HttpStatusCode: 0 } => true,
        _ => Outages.IsOutageOrDeadline(exception, caller),
    };

    public static bool IsMissing(StripeException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.HttpStatusCode == HttpStatusCode.NotFound || exception.StripeError?.Code == "resource_missing";
    }

    /// <summary>503 with a sentence that says what to do.</summary>
    public static ProblemHttpResult Unavailable() => Problems.Unavailable.Result(BillingTexts.Of("billing.stripeAway"));
}

/// <summary>503 while Stripe doesn't answer, for every endpoint that asks it.</summary>
public sealed class StripeOutageFilter : IEndpointFilter
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
            return StripeFailures.Unavailable();
        }
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
