using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Plans;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Links.EraseWorkspace;

/// <summary>Deletes every link of an erased workspace and publishes each deletion, as if the owner had deleted them; then what belongs to the workspace itself.</summary>
public sealed class LinkEraser(Database database, TimeProvider time) : IWorkspaceEraser
{
    private const int Batch = 500;

    public async Task<bool> EraseBatchAsync(Guid workspaceId, int pass, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var removed = await work.QueryAsync<Row>(
            """
            delete from links where workspace_id = @workspaceId
                and id in (select id from links where workspace_id = @workspaceId order by id limit @Batch for update)
            returning id, domain, code, version
            """,
            new { workspaceId, Batch }, cancellationToken);
        var now = time.GetUtcNow().ToMicroseconds();
        foreach (var link in removed)
        {
            work.Publish(new LinkRemoved(link.Id, workspaceId, link.Domain, link.Code, link.Version + 1, now));
        }

        if (removed.Count < Batch)
        {
            // Responses stored for idempotent retries contain links, too.
            await work.ExecuteAsync(
                """
                delete from idempotency_keys where workspace_id = @workspaceId;
                delete from utm_templates where workspace_id = @workspaceId;
                delete from qr_logos where workspace_id = @workspaceId;
                delete from link_usage where workspace_id = @workspaceId;
                """,
                new { workspaceId }, cancellationToken);
            await WorkspacePlans.EraseAsync(work, workspaceId, cancellationToken);
        }

        await work.CommitAsync(cancellationToken);
        return removed.Count == Batch;
    }

    private sealed record Row(Guid Id, string Domain, string Code, long Version);
}
