using LinkShort.Billing.Checkout;
using LinkShort.Billing.Invoices;
using LinkShort.Billing.Plans;
using LinkShort.Billing.Subscriptions;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Stripe;
using Stripe.Checkout;

namespace LinkShort.Billing.Webhook;

/// <summary>What each type of event brings. All of them fetch the present state of what they are about.</summary>
public sealed class EventHandlers(
    IStripeClient stripe, SubscriptionSync sync, InvoiceStore invoices, CheckoutCompletion checkouts, PlanCatalog plans, AuditTrail audit, TimeProvider time)
{
    /// <returns>Null for a customer that isn't ours.</returns>
    public static Task<Guid?> WorkspaceOfAsync(UnitOfWork work, string customerId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return work.ExecuteScalarAsync<Guid?>(
            "-- every workspace: the customer's own\nselect workspace_id from customers where stripe_id = @customerId", new { customerId }, cancellationToken);
    }

    public async Task CheckoutAsync(UnitOfWork work, Guid workspace, StripeEvent received, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(received);
        var session = await new SessionService(stripe).GetAsync(received.ObjectId, cancellationToken: cancellationToken);
        await checkouts.CompleteAsync(work, workspace, session, received.Id, cancellationToken);
    }

    public Task SubscriptionAsync(UnitOfWork work, Guid workspace, StripeEvent received, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(received);
        return sync.SyncAsync(
            work, workspace, received.ObjectId!, received.Id, endIfMissing: received.Type == "customer.subscription.deleted", cancellationToken);
    }

    public async Task InvoiceAsync(UnitOfWork work, Guid workspace, StripeEvent received, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(received);
        await invoices.SyncAsync(work, workspace, received.ObjectId!, cancellationToken);
        var state = received.SubscriptionId is { } id ? await sync.SyncAsync(work, workspace, id, received.Id, cancellationToken) : null;
        if (received.Type == "invoice.payment_action_required" && state is not null)
        {
            Notify(work, workspace, BillingNoticeKinds.PaymentActionRequired, new BillingFacts { Plan = NameOf(state), Amount = state.Amount, Currency = state.Currency });
        }
    }

    public async Task TrialEndsAsync(UnitOfWork work, Guid workspace, StripeEvent received, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(received);
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
    public async Task RefundAsync(UnitOfWork work, Guid workspace, StripeEvent received, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(received);
        var charge = await new ChargeService(stripe).GetAsync(received.ObjectId, cancellationToken: cancellationToken);
        work.Publish(audit.Entry(
            "subscription.refunded", "workspace", workspace, after: new { amount = charge.AmountRefunded, charge.Currency, cause = received.Id }, workspace: workspace).OrSystem());
    }

    public async Task<bool> DisputeAsync(UnitOfWork work, StripeEvent received, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(received);
        var dispute = await new DisputeService(stripe).GetAsync(received.ObjectId, new DisputeGetOptions { Expand = ["charge"] }, cancellationToken: cancellationToken);
        var workspace = dispute.Charge?.CustomerId is { } customer ? await WorkspaceOfAsync(work, customer, cancellationToken) : null;
        if (workspace is { } id)
        {
            work.Publish(audit.Entry(
                "subscription.disputed", "workspace", id, after: new { dispute.Amount, dispute.Currency, dispute.Reason, cause = received.Id }, workspace: id).OrSystem());
        }

        return workspace is not null;
    }

    public async Task CustomerDeletedAsync(UnitOfWork work, Guid workspace, StripeEvent received, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(received);
        await CurrentPlans.LockAsync(work, workspace, cancellationToken);
        var live = await work.QueryAsync<string>(
            "select id from subscriptions where workspace_id = @workspace and status not in ('canceled', 'incomplete_expired')", new { workspace }, cancellationToken);
        foreach (var id in live)
        {
            await sync.SyncAsync(work, workspace, id, received.Id, endIfMissing: true, cancellationToken);
        }

        await Customers.ForgetAsync(work, workspace, received.CustomerId!, cancellationToken);
    }

    private string? NameOf(SubscriptionState state) => state.Plan is { } plan ? plans.NameOf(plan) : null;

    private void Notify(UnitOfWork work, Guid workspace, string kind, BillingFacts facts)
    {
        var now = time.GetUtcNow();
        work.Publish(new BillingNoticeRaised(Guid.CreateVersion7(now), workspace, kind, facts, now));
    }
}
