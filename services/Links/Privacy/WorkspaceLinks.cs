using Dapper;
using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Links.Privacy;

/// <summary>Removes every link of an erased workspace, and tells redirect and analytics of each.</summary>
public sealed class WorkspaceLinks(TimeProvider time) : IErasureStep
{
    public async Task<IReadOnlyList<ErasedRows>> EraseAsync(UnitOfWork work, Forgotten whom, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(whom);
        var now = LinkInput.Microseconds(time.GetUtcNow());
        var removed = (await work.Connection.QueryAsync<Removed>(new CommandDefinition(
            "delete from links where workspace_id = any(@Workspaces) returning id, workspace_id, domain, code, version",
            new { Workspaces = whom.Workspaces.ToArray() }, work.Transaction, commandTimeout: 0, cancellationToken: cancellationToken))).AsList();
        foreach (var link in removed)
        {
            work.Publish(new LinkRemoved(link.Id, link.WorkspaceId, link.Domain, link.Code, link.Version + 1, now));
        }

        return [new ErasedRows("links", removed.Count)];
    }

    private sealed record Removed(Guid Id, Guid WorkspaceId, string Domain, string Code, long Version);
}
