using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links;

/// <summary>GET /api/v1/tags</summary>
public static class ListTags
{
    public const string Description =
        "The tags of the workspace's 10,000 newest tagged links, the most used first, at most 500. Tags that differ only by letter case are one, in the newest link's spelling.";

    private const int NewestLinks = 10_000;
    private const int MaxTags = 500;

    /// <param name="Links">Number of links that have it.</param>
    public sealed record Tag(string Name, long Links);

    public sealed record Response(IReadOnlyList<Tag> Items);

    public static async Task<Ok<Response>> HandleAsync(CurrentWorkspace workspace, Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        // The index links_tagged bounds the cost, however many links the workspace has.
        return TypedResults.Ok(new Response(await connection.QueryAsync<Tag>(
            $"""
            select (array_agg(tag order by created_at desc))[1] as name, count(*) as links
            from (
                select tags, created_at from links
                where workspace_id = @Id and tags <> '{"{}"}' and deleted_at is null order by created_at desc limit {NewestLinks}
            ) l cross join unnest(tags) as tag
            group by (tag_keys(array[tag]))[1]
            order by links desc, name limit {MaxTags}
            """,
            new { workspace.Id }, cancellationToken)));
    }
}
