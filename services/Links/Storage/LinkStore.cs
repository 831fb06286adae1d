using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Data;
using Npgsql;

namespace LinkShort.Links.Storage;

/// <summary>SQL that several endpoints share.</summary>
internal static class LinkStore
{
    /// <summary>In the order of <see cref="Link"/>'s members.</summary>
    public const string Columns = """
        id, workspace_id, domain, code, string_to_array(aliases, E'\n') as aliases, url, title, notes, tags, redirect_type, active_from,
        expires_at, behavior, archived, clicks, version, created_at, updated_at, visits_used
        """;

    public static Task<Link?> FindAsync(NpgsqlConnection connection, Guid workspaceId, Guid id, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<Link>(
            $"select {Columns} from links where workspace_id = @workspaceId and id = @id",
            new { workspaceId, id }, cancellationToken);

    /// <summary>Reads a link that the transaction will change, and locks it.</summary>
    public static Task<Link?> LockAsync(UnitOfWork work, Guid workspaceId, Guid id, CancellationToken cancellationToken) =>
        work.QuerySingleOrDefaultAsync<Link>(
            $"select {Columns} from links where workspace_id = @workspaceId and id = @id for update",
            new { workspaceId, id }, cancellationToken);

    /// <summary>Writes every field that an owner can change, as version <see cref="Link.Version"/>.</summary>
    public static Task UpdateAsync(UnitOfWork work, Link link, CancellationToken cancellationToken) =>
        work.ExecuteAsync(
            """
            update links set
                code = @Code, aliases = array_to_string(@Aliases, E'\n'), url = @Url, title = @Title, notes = @Notes, tags = @Tags, redirect_type = @RedirectType, active_from = @ActiveFrom,
                expires_at = @ExpiresAt, behavior = @Behavior, archived = @Archived, version = @Version, updated_at = @UpdatedAt
            where workspace_id = @WorkspaceId and id = @Id
            """,
            link, cancellationToken);
}
