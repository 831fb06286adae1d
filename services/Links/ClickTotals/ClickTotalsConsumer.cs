using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using MassTransit;

namespace LinkShort.Links;

/// <summary>
/// Keeps the click counts shown in lists. Totals only grow and the highest wins, so order and duplicates don't matter and no inbox is
/// needed.
/// </summary>
public sealed class ClickTotalsConsumer(Database database) : IConsumer<ClickTotalsChanged>
{
    public async Task Consume(ConsumeContext<ClickTotalsChanged> context)
    {
        var totals = context.Message.Totals;
        await using var connection = await database.OpenAsync(context.CancellationToken);
        // Locked in order of id, so that two messages about the same links can't deadlock.
        await connection.ExecuteAsync(
            """
            with totals as (
                select workspace_id, id, max(clicks) as clicks
                from unnest(@Workspaces, @Links, @Clicks) as t (workspace_id, id, clicks)
                group by workspace_id, id
            ), locked as (
                select l.workspace_id, l.id, t.clicks
                from links l join totals t on l.workspace_id = t.workspace_id and l.id = t.id
                where l.clicks < t.clicks
                order by l.id
                for update of l
            )
            update links set clicks = greatest(links.clicks, locked.clicks)
            from locked where links.workspace_id = locked.workspace_id and links.id = locked.id
            """,
            new
            {
                Workspaces = totals.Select(total => total.WorkspaceId).ToArray(),
                Links = totals.Select(total => total.LinkId).ToArray(),
                Clicks = totals.Select(total => total.Clicks).ToArray(),
            },
            context.CancellationToken);
    }
}
