using LinkShort.Billing.Checkout;
using LinkShort.Billing.Plans;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Billing.Subscriptions;

/// <summary>Workspaces that are going to be deleted. The later of two events is current.</summary>
internal static class WorkspaceDeletions
{
    /// <returns>False for an event that is older than what is known.</returns>
    public static async Task<bool> SetAsync(UnitOfWork work, Guid workspaceId, bool isScheduled, long version, CancellationToken cancellationToken)
    {
        await CurrentPlans.LockAsync(work, workspaceId, cancellationToken);
        return await work.ExecuteAsync(
            """
            insert into workspace_deletions as d (workspace_id, is_scheduled, version) values (@workspaceId, @isScheduled, @version)
            on conflict (workspace_id) do update set is_scheduled = excluded.is_scheduled, version = excluded.version where d.version < excluded.version
            """,
            new { workspaceId, isScheduled, version }, cancellationToken) == 1;
    }
}

/// <summary>
/// A workspace that is going to be deleted pays no further period, and its open checkout can't be paid any more. While Stripe is unavailable, the event is
/// delivered again.
/// </summary>
public sealed class WorkspaceDeletionScheduledConsumer(Database database, SubscriptionChanges changes, CheckoutSessions checkouts, PlanCatalog plans)
    : InboxConsumer<WorkspaceDeletionScheduled>(database)
{
    protected override async Task HandleAsync(WorkspaceDeletionScheduled message, UnitOfWork work, CancellationToken cancellationToken)
    {
        if (await WorkspaceDeletions.SetAsync(work, message.WorkspaceId, isScheduled: true, message.Version, cancellationToken) && plans.SellsPlans)
        {
            await checkouts.ExpireAllAsync(work, message.WorkspaceId, cancellationToken);
            await changes.CancelForDeletionAsync(work, message.WorkspaceId, cancellationToken);
        }
    }
}

/// <summary>What the deletion cancelled continues.</summary>
public sealed class WorkspaceRestoredConsumer(Database database, SubscriptionChanges changes, PlanCatalog plans) : InboxConsumer<WorkspaceRestored>(database)
{
    protected override async Task HandleAsync(WorkspaceRestored message, UnitOfWork work, CancellationToken cancellationToken)
    {
        if (await WorkspaceDeletions.SetAsync(work, message.WorkspaceId, isScheduled: false, message.Version, cancellationToken) && plans.SellsPlans)
        {
            await changes.ResumeAfterRestoreAsync(work, message.WorkspaceId, cancellationToken);
        }
    }
}

/// <summary>
/// 409 <c>workspace-deletion-scheduled</c> for what starts or prolongs payments. Tokens of such a workspace have no scope that ends with
/// <see cref="Scopes.WriteSuffix"/>; the event tells it of tokens that are older.
/// </summary>
public sealed class RefuseWhileDeletionIsScheduled(Database database) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var http = context.HttpContext;
        return IsReadOnly(http) || await IsScheduledAsync(http.RequestServices.GetRequiredService<CurrentWorkspace>().Id, http.RequestAborted)
            ? Problems.WorkspaceDeletionScheduled.Result()
            : await next(context);
    }

    private static bool IsReadOnly(HttpContext http) =>
        http.User.FindFirst(Tokens.Claims.Scope)?.Value.Split(' ').Any(scope => scope.EndsWith(Scopes.WriteSuffix, StringComparison.Ordinal)) != true;

    private async Task<bool> IsScheduledAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<bool>(
            "select exists (select from workspace_deletions where workspace_id = @workspaceId and is_scheduled)", new { workspaceId }, cancellationToken);
    }
}
