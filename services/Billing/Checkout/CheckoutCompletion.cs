using LinkShort.Billing.Plans;
using LinkShort.Billing.Subscriptions;
using LinkShort.ServiceDefaults.Data;
using Stripe.Checkout;

namespace LinkShort.Billing.Checkout;

/// <summary>Takes over the result of a checkout, from the event or from the page that asks, whichever is first.</summary>
public sealed class CheckoutCompletion(Database database, SubscriptionSync sync)
{
    /// <returns>open, complete or expired.</returns>
    public async Task<string> CompleteAsync(Guid workspaceId, Session session, string cause, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var state = await CompleteAsync(work, workspaceId, session, cause, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return state;
    }

    public async Task<string> CompleteAsync(UnitOfWork work, Guid workspaceId, Session session, string cause, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(session);
        await CurrentPlans.LockAsync(work, workspaceId, cancellationToken);
        if (session is { Status: "complete", SubscriptionId: { } subscriptionId })
        {
            await sync.SyncAsync(work, workspaceId, subscriptionId, cause, cancellationToken);
        }

        var state = session.Status is "complete" or "expired" ? session.Status : "open";
        await work.ExecuteAsync(
            "update checkouts set state = @state where workspace_id = @workspaceId and session_id = @Id and state in ('open', 'expired')",
            new { state, workspaceId, session.Id }, cancellationToken);
        return state;
    }
}
