using LinkShort.Billing.Payments;
using LinkShort.Billing.Reconciliation;
using LinkShort.ServiceDefaults.Data;
using Stripe;

namespace LinkShort.Billing.Webhook;

/// <summary>
/// Handles each event once: its id, everything that follows from it and the events that are published are one transaction. If anything fails, nothing
/// was changed, and Stripe delivers the event again.
/// </summary>
public sealed partial class StripeEvents(
    Database database, EventHandlers handlers, PriceCheck prices, BillingMetrics metrics, TimeProvider time, ILogger<StripeEvents> logger)
{
    /// <summary>Stripe repeats an event for three days at most; operators may send older ones again from its dashboard.</summary>
    internal static readonly TimeSpan Retention = TimeSpan.FromDays(90);

    public async Task HandleAsync(StripeEvent received, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(received);
        await using var work = await database.BeginAsync(cancellationToken);
        // A second delivery at the same time waits here for the first one.
        var isNew = await work.ExecuteAsync(
            "insert into stripe_events (id, type, handled_at) values (@Id, @Type, @Now) on conflict do nothing",
            new { received.Id, received.Type, Now = time.GetUtcNow() }, cancellationToken) == 1;
        var outcome = isNew ? await TryHandleAsync(work, received, cancellationToken) : "repeated";
        await work.CommitAsync(cancellationToken);
        metrics.EventReceived(received.Type, outcome);
    }

    private async Task<string> TryHandleAsync(UnitOfWork work, StripeEvent received, CancellationToken cancellationToken)
    {
        try
        {
            return await HandleAsync(work, received, cancellationToken) ? "handled" : "ignored";
        }
        catch (StripeException exception) when (StripeFailures.IsMissing(exception))
        {
            // Deleted since: it won't be there at a repetition either. What it would have changed, reconciliation finds.
            Log.Missing(logger, exception, received.Id, received.Type);
            return "missing";
        }
    }

    /// <returns>False for an event that isn't needed.</returns>
    private async Task<bool> HandleAsync(UnitOfWork work, StripeEvent received, CancellationToken cancellationToken)
    {
        if (received.Type == "price.updated")
        {
            prices.CheckSoon();
            return true;
        }

        if (received.Type == "charge.dispute.created")
        {
            return await handlers.DisputeAsync(work, received, cancellationToken);
        }

        // Whose it is, is what was stored when we made the customer, whatever metadata says.
        var workspaceId = received.CustomerId is null ? null : await EventHandlers.WorkspaceOfAsync(work, received.CustomerId, cancellationToken);
        if (workspaceId is not { } workspace || received.ObjectId is null)
        {
            return false;
        }

        var handle = received.Type switch
        {
            "checkout.session.completed" or "checkout.session.expired" or "checkout.session.async_payment_succeeded" => handlers.CheckoutAsync(work, workspace, received, cancellationToken),
            "customer.subscription.created" or "customer.subscription.updated" or "customer.subscription.deleted" or "customer.subscription.paused"
                or "customer.subscription.resumed" => handlers.SubscriptionAsync(work, workspace, received, cancellationToken),
            "customer.subscription.trial_will_end" => handlers.TrialEndsAsync(work, workspace, received, cancellationToken),
            "invoice.paid" or "invoice.payment_failed" or "invoice.payment_action_required" or "invoice.finalized" or "invoice.voided"
                or "invoice.marked_uncollectible" or "invoice.updated" => handlers.InvoiceAsync(work, workspace, received, cancellationToken),
            "charge.refunded" => handlers.RefundAsync(work, workspace, received, cancellationToken),
            "customer.deleted" => handlers.CustomerDeletedAsync(work, workspace, received, cancellationToken),
            _ => null,
        };
        await (handle ?? Task.CompletedTask);
        return handle is not null;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Stripe has no longer what its event {Event} ({Type}) is about; the event is handled.")]
        public static partial void Missing(ILogger logger, Exception exception, string @event, string type);
    }
}
