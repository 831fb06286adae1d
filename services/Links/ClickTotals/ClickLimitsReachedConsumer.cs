using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using MassTransit;

namespace LinkShort.Links;

/// <summary>
/// Records how many visits redirect admitted to links whose click limit is reached. Visits only increase and the highest number wins, so order
/// and duplicates don't matter and no inbox is needed.
/// </summary>
public sealed class ClickLimitsReachedConsumer(Database database) : IConsumer<ClickLimitsReached>
{
    public async Task Consume(ConsumeContext<ClickLimitsReached> context)
    {
        var reached = context.Message.Links;
        await using var connection = await database.OpenAsync(context.CancellationToken);
        // Locked in order of id, so that two messages about the same links can't deadlock.
        await connection.ExecuteAsync(
            """
            with reached as (
                select workspace_id, id, max(visits) as visits
                from unnest(@Workspaces, @Links, @Visits) as r (workspace_id, id, visits)
                group by workspace_id, id
            ), locked as (
                select l.workspace_id, l.id, r.visits
                from links l join reached r on l.workspace_id = r.workspace_id and l.id = r.id
                order by l.id
                for update of l
            )
            update links set visits_used = greatest(links.visits_used, locked.visits)
            from locked where links.workspace_id = locked.workspace_id and links.id = locked.id
            """,
            new
            {
                Workspaces = reached.Select(link => link.WorkspaceId).ToArray(),
                Links = reached.Select(link => link.LinkId).ToArray(),
                Visits = reached.Select(link => link.Visits).ToArray(),
            },
            context.CancellationToken);
    }
}
