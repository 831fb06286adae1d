using System.Text;
using LinkShort.Billing.Payments;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Stripe;

namespace LinkShort.Billing.Webhook;

/// <summary>POST /api/v1/billing/webhook: Stripe's events. Anonymous: the signature over the raw body is the proof.</summary>
public static class ReceiveWebhook
{
    /// <summary>Stripe's events are some kilobytes long.</summary>
    public const int MaxBody = 2 * 1024 * 1024;

    /// <summary>How old a signature may be, in seconds: against replays.</summary>
    private const long Tolerance = 300;

    private const string Header = "Stripe-Signature";

    /// <returns>200 also for events that are known already or not needed; 400 for a wrong signature; 503 so that Stripe tries again.</returns>
    public static async Task<Results<Ok, ProblemHttpResult>> HandleAsync(
        HttpContext context, StripeEvents events, IOptions<StripeOptions> options, BillingMetrics metrics, CancellationToken cancellationToken)
    {
        // The bytes as they were signed: neither parsed nor decoded first.
        using var reader = new StreamReader(context.Request.Body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), detectEncodingFromByteOrderMarks: false);
        var body = await reader.ReadToEndAsync(cancellationToken);
        var signature = context.Request.Headers[Header].ToString();
        if (signature.Length == 0 || !options.Value.WebhookSecrets.Any(secret => IsSigned(body, signature, secret)))
        {
            metrics.EventReceived("unsigned", "refused");
            return Problems.BadRequest.Result(BillingTexts.Of("billing.signature"));
        }

        if (StripeEvent.Parse(body) is not { } received)
        {
            metrics.EventReceived("unreadable", "refused");
            return Problems.BadRequest.Result(BillingTexts.Of("billing.noEvent"));
        }

        try
        {
            await events.HandleAsync(received, cancellationToken);
            return TypedResults.Ok();
        }
        catch (Exception exception) when (StripeFailures.IsOutage(exception, cancellationToken))
        {
            metrics.EventReceived(received.Type, "deferred");
            return StripeFailures.Unavailable();
        }
    }

    private static bool IsSigned(string body, string signature, string secret)
    {
        try
        {
            EventUtility.ValidateSignature(body, signature, secret, Tolerance);
            return true;
        }
        catch (Exception exception) when (exception is StripeException or FormatException or ArgumentException or OverflowException)
        {
            return false;
        }
    }
}
