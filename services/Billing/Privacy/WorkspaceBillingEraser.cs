using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Billing.Privacy;

/// <summary>Erases an erased workspace's plan and usage.</summary>
public sealed class WorkspaceBillingEraser(Database database) : IWorkspaceEraser
{
    public async Task<bool> EraseBatchAsync(Guid workspaceId, int pass, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await work.ExecuteAsync(
            """
            delete from current_plans where workspace_id = @workspaceId;
            delete from plan_grants where workspace_id = @workspaceId;
            delete from usage where workspace_id = @workspaceId;
            """,
            new { workspaceId }, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return false;
    }
}
