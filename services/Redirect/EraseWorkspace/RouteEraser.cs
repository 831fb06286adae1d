using Dapper;
using LinkShort.Contracts;
using LinkShort.Redirect.ReadModel;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using MassTransit;
using Npgsql;

namespace LinkShort.Redirect.EraseWorkspace;

/// <summary>
/// Removes every route of an erased workspace from all caches, without waiting for links to remove them one by one. The first pass leaves
/// tombstones, so that events in flight can't restore a route; later passes delete them.
/// </summary>
public sealed class RouteEraser(NpgsqlDataSource source, RouteUpdates routes, IBus bus, TimeProvider time) : IWorkspaceEraser
{
    private const int Batch = 200;

    public async Task<bool> EraseBatchAsync(Guid workspaceId, int pass, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        var links = await connection.QueryAsync<Row>(
            """
            select distinct on (link_id) link_id, domain, code, version
            from routes where workspace_id = @workspaceId and not removed
            order by link_id limit @Batch
            """,
            new { workspaceId, Batch }, cancellationToken);
        foreach (var link in links)
        {
            // The current version: links' own removal has the next one.
            await routes.RemoveAsync(
                new LinkRemoved(link.LinkId, workspaceId, link.Domain, link.Code, link.Version, time.GetUtcNow()), bus, cancellationToken);
        }

        if (links.Count == Batch)
        {
            return true;
        }

        await connection.ExecuteAsync(
            "delete from click_limits where workspace_id = @workspaceId", new { workspaceId }, cancellationToken);
        if (pass > 0)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "delete from routes where workspace_id = @workspaceId and removed", new { workspaceId }, commandTimeout: 0, cancellationToken: cancellationToken));
        }

        return false;
    }

    private sealed record Row(Guid LinkId, string Domain, string Code, long Version);
}
