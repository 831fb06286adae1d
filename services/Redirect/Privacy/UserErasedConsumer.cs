using Dapper;
using LinkShort.Contracts;
using LinkShort.Redirect.ReadModel;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using MassTransit;
using Npgsql;

namespace LinkShort.Redirect.Privacy;

/// <summary>
/// Takes the links of an erased person's workspaces out of the read model and every cache, and says so. Links says it of each link, too:
/// whichever comes first does it.
/// </summary>
public sealed class UserErasedConsumer(NpgsqlDataSource source, RouteUpdates routes, TimeProvider time) : IConsumer<UserErased>
{
    public async Task Consume(ConsumeContext<UserErased> context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var erased = context.Message;
        var links = await ReadAsync(erased.Workspaces, context.CancellationToken);
        foreach (var link in links)
        {
            // The version after the last that is known here: as links has it, unless a change of the link is still on its way.
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
