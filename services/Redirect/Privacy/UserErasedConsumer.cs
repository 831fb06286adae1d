using LinkShort.Contracts;
using LinkShort.Redirect.ReadModel;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using MassTransit;
using Npgsql;

namespace LinkShort.Redirect.Privacy;

/// <summary>
/// Removes the links of an erased user's workspaces from the read model and every cache, and reports completion. links also publishes the
/// removal of each link; whichever message comes first removes it.
/// </summary>
public sealed class UserErasedConsumer(NpgsqlDataSource source, RouteUpdates routes, TimeProvider time) : IConsumer<UserErased>
{
    public async Task Consume(ConsumeContext<UserErased> context)
    {
        var erased = context.Message;
        var links = await ReadAsync(erased.Workspaces, context.CancellationToken);
        foreach (var link in links)
        {
            // The next version, which is also links' unless a change of the link is still in flight.
            await routes.RemoveAsync(
                new LinkRemoved(link.LinkId, link.WorkspaceId, link.Domain, link.Code, link.Version + 1, erased.ErasedAt), context, context.CancellationToken);
        }

        await context.Publish(
            new ErasureCompleted(erased.ErasureId, "redirect", [new ErasedRows("routes", links.Count)], time.GetUtcNow()),
            publish => publish.RequireQueue(), context.CancellationToken);
    }

    private async Task<IReadOnlyList<Row>> ReadAsync(IReadOnlyList<Guid> workspaces, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await connection.QueryAsync<Row>(
            """
            select distinct on (link_id) link_id, workspace_id, domain, code, version from routes
            where workspace_id = any(@Workspaces) and not removed
            order by link_id, code
            """,
            new { Workspaces = workspaces.ToArray() }, cancellationToken);
    }

    private sealed record Row(Guid LinkId, Guid WorkspaceId, string Domain, string Code, long Version);
}
