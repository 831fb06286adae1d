using LinkShort.Billing.Payments;
using LinkShort.Billing.Plans;
using LinkShort.Billing.Subscriptions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Stripe;

namespace LinkShort.Billing.Privacy;

/// <summary>
/// Erases an erased workspace: the customer at Stripe, which ends its subscription, then everything here. Invoices stay as long as tax law asks, without
/// their links; the ledger of revenue has amounts and the id of a workspace that no longer exists.
/// </summary>
public sealed class WorkspaceBillingEraser(Database database, IStripeClient stripe, PlanCatalog plans, SubscriptionSync sync) : IWorkspaceEraser
{
    public async Task<bool> EraseBatchAsync(Guid workspaceId, int pass, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await CurrentPlans.LockAsync(work, workspaceId, cancellationToken);
        if (plans.SellsPlans)
        {
            await EraseAtStripeAsync(work, workspaceId, cancellationToken);
        }

        await work.ExecuteAsync(
            """
            delete from current_plans where workspace_id = @workspaceId;
            delete from plan_grants where workspace_id = @workspaceId;
            delete from usage where workspace_id = @workspaceId;
            delete from checkouts where workspace_id = @workspaceId;
            delete from subscriptions where workspace_id = @workspaceId;
            delete from customers where workspace_id = @workspaceId;
            delete from sign_ups where workspace_id = @workspaceId;
            delete from workspace_deletions where workspace_id = @workspaceId;
            delete from idempotency_keys where workspace_id = @workspaceId;
            update invoices set pdf_url = null, payment_url = null where workspace_id = @workspaceId;
            """,
            new { workspaceId }, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return false;
    }

    /// <summary>While Stripe is unavailable the erasure is tried again later; nothing is deleted here before.</summary>
    private async Task EraseAtStripeAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken)
    {
        var customer = await work.ExecuteScalarAsync<string?>(
            "select stripe_id from customers where workspace_id = @workspaceId and stripe_id not like 'deleted-%'", new { workspaceId }, cancellationToken);
        if (customer is null)
        {
            return;
        }

        try
        {
            await new CustomerService(stripe).DeleteAsync(customer, cancellationToken: cancellationToken);
        }
        catch (StripeException exception) when (StripeFailures.IsMissing(exception))
        {
            // By an earlier attempt.
        }

        // For the ledger: what they brought in is gone.
        foreach (var id in await work.QueryAsync<string>("select id from subscriptions where workspace_id = @workspaceId", new { workspaceId }, cancellationToken))
        {
            await sync.SyncAsync(work, workspaceId, id, "erasure", endIfMissing: true, cancellationToken);
        }
    }
}
