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
        expires_at, behavior, archived, clicks, version, created_at, updated_at, visits_used, created_by, deleted_at
        """;

    public static Task<Link?> FindAsync(NpgsqlConnection connection, Guid workspaceId, Guid id, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<Link>(
            $"select {Columns} from links where workspace_id = @workspaceId and id = @id and deleted_at is null",
            new { workspaceId, id }, cancellationToken);

    /// <summary>Reads a link that the transaction will change, and locks it.</summary>
    public static async Task<Link?> LockAsync(UnitOfWork work, Guid workspaceId, Guid id, CancellationToken cancellationToken) =>
        await LockAnyAsync(work, workspaceId, id, cancellationToken) is { DeletedAt: null } link ? link : null;

    /// <summary>The same for deleted links, too.</summary>
    public static Task<Link?> LockAnyAsync(UnitOfWork work, Guid workspaceId, Guid id, CancellationToken cancellationToken) =>
        work.QuerySingleOrDefaultAsync<Link>(
            $"select {Columns} from links where workspace_id = @workspaceId and id = @id for update",
            new { workspaceId, id }, cancellationToken);

    /// <summary>Locks several links, deleted or not, in order of id: two such transactions can't deadlock.</summary>
    public static async Task<IReadOnlyList<Link>> LockAllAsync(UnitOfWork work, Guid workspaceId, Guid[] ids, CancellationToken cancellationToken) =>
        await work.QueryAsync<Link>(
            $"select {Columns} from links where workspace_id = @workspaceId and id = any(@ids) order by id for update",
            new { workspaceId, ids }, cancellationToken);

    /// <summary>Writes every field that an owner can change, and the deletion, as version <see cref="Link.Version"/>.</summary>
    public static Task UpdateAsync(UnitOfWork work, Link link, CancellationToken cancellationToken) =>
        work.ExecuteAsync(
            """
            update links set
                code = @Code, aliases = array_to_string(@Aliases, E'\n'), url = @Url, title = @Title, notes = @Notes, tags = @Tags, redirect_type = @RedirectType, active_from = @ActiveFrom,
                expires_at = @ExpiresAt, behavior = @Behavior, archived = @Archived, version = @Version, updated_at = @UpdatedAt,
                deleted_at = @DeletedAt
            where workspace_id = @WorkspaceId and id = @Id
            """,
            link, cancellationToken);
}
