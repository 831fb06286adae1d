using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Links;

/// <summary>
/// Numbers of links that other services count and report. They only increase and the highest wins, so order and duplicates don't matter and
/// no inbox is needed.
/// </summary>
internal static class HighestNumbers
{
    /// <param name="column">Of the table links; null counts as lower than any number.</param>
    public static async Task RaiseAsync(
        Database database, string column, IReadOnlyCollection<(Guid WorkspaceId, Guid LinkId, long Number)> numbers, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        // Locked in order of id, so that two messages about the same links can't deadlock.
        await connection.ExecuteAsync(
            $"""
            with reported as (
                select workspace_id, id, max(number) as number
                from unnest(@Workspaces, @Links, @Numbers) as r (workspace_id, id, number)
                group by workspace_id, id
            ), locked as (
                select l.workspace_id, l.id, r.number
                from links l join reported r on l.workspace_id = r.workspace_id and l.id = r.id
                where l.{column} is null or l.{column} < r.number
                order by l.id
                for update of l
            )
            update links set {column} = greatest(links.{column}, locked.number)
            from locked where links.workspace_id = locked.workspace_id and links.id = locked.id
            """,
            new
            {
                Workspaces = numbers.Select(each => each.WorkspaceId).ToArray(),
                Links = numbers.Select(each => each.LinkId).ToArray(),
                Numbers = numbers.Select(each => each.Number).ToArray(),
            },
            cancellationToken);
    }
}
