using Dapper;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Links.Privacy;

/// <summary>Deletes everything of an erased workspace, and publishes each link's deletion to redirect and analytics.</summary>
public sealed class WorkspaceLinks(TimeProvider time) : IErasureStep
{
    public async Task<IReadOnlyList<ErasedRows>> EraseAsync(UnitOfWork work, Forgotten forgotten, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToMicroseconds();
        var removed = await work.Connection.QueryAsync<Removed>(new CommandDefinition(
            "delete from links where workspace_id = any(@Workspaces) returning id, workspace_id, domain, code, version",
            new { Workspaces = forgotten.Workspaces.ToArray() }, commandTimeout: 0, cancellationToken: cancellationToken));
        foreach (var link in removed)
        {
            work.Publish(new LinkRemoved(link.Id, link.WorkspaceId, link.Domain, link.Code, link.Version + 1, now));
        }

        return
        [
            new ErasedRows("links", removed.Count),
            new ErasedRows("utm_templates", await DeleteAsync("delete from utm_templates where workspace_id = any(@Workspaces)")),
            new ErasedRows("qr_logos", await DeleteAsync("delete from qr_logos where workspace_id = any(@Workspaces)")),
        ];

        Task<int> DeleteAsync(string sql) => work.ExecuteAsync(sql, new { Workspaces = forgotten.Workspaces.ToArray() }, cancellationToken);
    }

    private sealed record Removed(Guid Id, Guid WorkspaceId, string Domain, string Code, long Version);
}
