using LinkShort.Billing.Checkout;
using LinkShort.Billing.Invoices;
using LinkShort.Billing.Plans;
using LinkShort.Billing.Reconciliation;
using LinkShort.Billing.Subscriptions;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Stripe;
using Stripe.Checkout;

namespace LinkShort.Billing.Webhook;

/// <summary>
/// Handles each event once: its id, everything that follows from it and the events that are published are one transaction. If anything fails, nothing
/// was changed, and Stripe delivers the event again.
/// </summary>
public sealed class StripeEvents(
    Database database, IStripeClient stripe, SubscriptionSync sync, InvoiceStore invoices, CheckoutCompletion checkouts, PriceCheck prices, PlanCatalog plans,
    AuditTrail audit, BillingMetrics metrics, TimeProvider time)
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
        var outcome = !isNew ? "repeated" : await HandleAsync(work, received, cancellationToken) ? "handled" : "ignored";
        await work.CommitAsync(cancellationToken);
        metrics.EventReceived(received.Type, outcome);
    }

    /// <returns>False for an event that isn't needed.</returns>
    private async Task<bool> HandleAsync(UnitOfWork work, StripeEvent received, CancellationToken cancellationToken)
    {
        if (received.Type == "price.updated")
        {
            prices.CheckSoon();
            return true;
        }

        // Whose it is, is what we stored when we made the customer, whatever metadata says.
        var workspaceId = received.CustomerId is null ? null
            : await work.ExecuteScalarAsync<Guid?>(
                "-- every workspace: the customer's own\nselect workspace_id from customers where stripe_id = @CustomerId", new { received.CustomerId }, cancellationToken);
        if (workspaceId is not { } workspace)
        {
            return received.Type == "charge.dispute.created" && await DisputeAsync(work, received, cancellationToken);
        }

        switch (received.Type)
        {
            case "checkout.session.completed" or "checkout.session.expired" or "checkout.session.async_payment_succeeded":
                var session = await new SessionService(stripe).GetAsync(received.ObjectId, cancellationToken: cancellationToken);
                await checkouts.CompleteAsync(work, workspace, session, received.Id, cancellationToken);
                return true;
            case "customer.subscription.created" or "customer.subscription.updated" or "customer.subscription.deleted" or "customer.subscription.paused"
                or "customer.subscription.resumed":
                await sync.SyncAsync(work, workspace, received.ObjectId!, received.Id, cancellationToken);
                return true;
            case "customer.subscription.trial_will_end":
                await TrialEndsAsync(work, workspace, received, cancellationToken);
                return true;
            case "invoice.paid" or "invoice.payment_failed" or "invoice.payment_action_required" or "invoice.finalized" or "invoice.voided"
                or "invoice.marked_uncollectible" or "invoice.updated":
                await InvoiceAsync(work, workspace, received, cancellationToken);
                return true;
            case "charge.refunded":
                await RefundAsync(work, workspace, received, cancellationToken);
                return true;
            case "customer.deleted":
                await CustomerDeletedAsync(work, workspace, received, cancellationToken);
                return true;
            default:
                return false;
        }
    }

    private async Task InvoiceAsync(UnitOfWork work, Guid workspace, StripeEvent received, CancellationToken cancellationToken)
    {
        await invoices.SyncAsync(work, workspace, received.ObjectId!, cancellationToken);
        var state = received.SubscriptionId is { } id ? await sync.SyncAsync(work, workspace, id, received.Id, cancellationToken) : null;
        if (received.Type == "invoice.payment_action_required" && state is not null)
        {
            Notify(work, workspace, BillingNoticeKinds.PaymentActionRequired, new BillingFacts { Plan = NameOf(state), Amount = state.Amount, Currency = state.Currency });
        }
    }

    private async Task TrialEndsAsync(UnitOfWork work, Guid workspace, StripeEvent received, CancellationToken cancellationToken)
    {
        // Ended early in the meantime: there is nothing to announce.
        if (await sync.SyncAsync(work, workspace, received.ObjectId!, received.Id, cancellationToken) is { Status: "trialing", CancelAt: null } state)
        {
            Notify(work, workspace, BillingNoticeKinds.TrialEnding, new BillingFacts
            {
                Plan = NameOf(state), Amount = state.Amount, Currency = state.Currency, Day = SubscriptionNotices.Day(state.TrialEnd),
            });
        }
    }

    /// <summary>A refund takes no plan away; which of the invoices it was for, Stripe answers by their state.</summary>
    private async Task RefundAsync(UnitOfWork work, Guid workspace, StripeEvent received, CancellationToken cancellationToken)
    {
        var charge = await new ChargeService(stripe).GetAsync(received.ObjectId, cancellationToken: cancellationToken);
        work.Publish(audit.Entry(
            "subscription.refunded", "workspace", workspace, after: new { amount = charge.AmountRefunded, charge.Currency, cause = received.Id }, workspace: workspace));
    }

    private async Task<bool> DisputeAsync(UnitOfWork work, StripeEvent received, CancellationToken cancellationToken)
    {
        var dispute = await new DisputeService(stripe).GetAsync(received.ObjectId, new DisputeGetOptions { Expand = ["charge"] }, cancellationToken: cancellationToken);
        var workspace = await work.ExecuteScalarAsync<Guid?>(
            "-- every workspace: the customer's own\nselect workspace_id from customers where stripe_id = @CustomerId", new { dispute.Charge?.CustomerId }, cancellationToken);
        if (workspace is { } id)
        {
            work.Publish(audit.Entry(
                "subscription.disputed", "workspace", id, after: new { dispute.Amount, dispute.Currency, dispute.Reason, cause = received.Id }, workspace: id));
        }

        return workspace is not null;
    }

    private async Task CustomerDeletedAsync(UnitOfWork work, Guid workspace, StripeEvent received, CancellationToken cancellationToken)
    {
        await CurrentPlans.LockAsync(work, workspace, cancellationToken);
        var live = await work.QueryAsync<string>(
            "select id from subscriptions where workspace_id = @workspace and status not in ('canceled', 'incomplete_expired')", new { workspace }, cancellationToken);
        foreach (var id in live)
        {
            await sync.SyncAsync(work, workspace, id, received.Id, cancellationToken);
        }

        // The next checkout makes another one. Its trial stays used.
        await work.ExecuteAsync(
            "update customers set stripe_id = 'deleted-' || stripe_id, email = '', name = '' where workspace_id = @workspace and stripe_id = @CustomerId",
            new { workspace, received.CustomerId }, cancellationToken);
    }

    private string? NameOf(SubscriptionState state) => state.Plan is { } plan ? plans.NameOf(plan) : null;

    private void Notify(UnitOfWork work, Guid workspace, string kind, BillingFacts facts)
    {
        var now = time.GetUtcNow();
        work.Publish(new BillingNoticeRaised(Guid.CreateVersion7(now), workspace, kind, facts, now));
    }
}
