using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace LinkShort.Identity.ApiKeys;

public static class ListApiKeys
{
    public sealed record ApiKeyResponse
    {
        public required Guid Id { get; init; }

        /// <summary>The key's creator, as whom it acts.</summary>
        public required Guid UserId { get; init; }

        public required string Name { get; init; }

        /// <summary>The start of the key, which identifies it.</summary>
        public required string Prefix { get; init; }

        public required string[] Scopes { get; init; }

        /// <summary>CIDRs that the key may be used from; null allows any.</summary>
        public string[]? AllowedNetworks { get; init; }

        public required DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset? ExpiresAt { get; init; }

        /// <summary>To the minute.</summary>
        public DateTimeOffset? LastUsedAt { get; init; }

        /// <summary>The key that replaced this one.</summary>
        public Guid? RotatedTo { get; init; }

        public required long Version { get; init; }
    }

    /// <summary>Ids are UUIDv7, so their order is that of creation.</summary>
    public static async Task<Results<Ok<Page<ApiKeyResponse>>, ProblemHttpResult>> HandleAsync(
        int? limit, string? cursor, CurrentUser user, CurrentWorkspace workspace, Database database, CancellationToken cancellationToken)
    {
        if (Paging.Refuse<IdCursor>(limit, cursor, out var size, out var after) is { } refusal)
        {
            return refusal;
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<ApiKeyResponse>(
            """
            select k.id, k.user_id, k.name, k.prefix, k.scopes, k.allowed_networks, k.created_at, k.expires_at, k.last_used_at, k.rotated_to, k.version
            from api_keys k
            join members m on m.workspace_id = k.workspace_id and m.user_id = @UserId
            where k.workspace_id = @WorkspaceId and k.revoked_at is null and (@After::uuid is null or k.id < @After)
                and (k.user_id = @UserId or m.role in ('admin', 'owner'))
            order by k.id desc
            limit @Rows
            """,
            new { WorkspaceId = workspace.Id, UserId = user.Id, After = after?.Id, Rows = size + 1 }, cancellationToken);
        return TypedResults.Ok(Paging.Page(rows, size, row => row, row => new IdCursor(row.Id)));
    }

    public static async Task<Results<Ok<ApiKeyResponse>, ProblemHttpResult>> OneAsync(
        Guid id, CurrentUser user, CurrentWorkspace workspace, Database database, HttpContext context, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        if (await FindAsync(connection, id, user.Id, workspace.Id, cancellationToken) is not { } key)
        {
            return Problems.NotFound.Result();
        }

        ETags.Write(context.Response, key.Version);
        return TypedResults.Ok(key);
    }

    /// <returns>Null for a key that the user can't see.</returns>
    internal static async Task<ApiKeyResponse?> FindAsync(
        NpgsqlConnection connection, Guid id, Guid userId, Guid workspaceId, CancellationToken cancellationToken) =>
        await connection.QuerySingleOrDefaultAsync<ApiKeyResponse>(
            """
            select k.id, k.user_id, k.name, k.prefix, k.scopes, k.allowed_networks, k.created_at, k.expires_at, k.last_used_at, k.rotated_to, k.version
            from api_keys k
            join members m on m.workspace_id = k.workspace_id and m.user_id = @userId
            where k.id = @id and k.workspace_id = @workspaceId and k.revoked_at is null
                and (k.user_id = @userId or m.role in ('admin', 'owner'))
            """,
            new { id, userId, workspaceId }, cancellationToken);

    /// <summary>The key in audit log entries.</summary>
    internal static object AuditDetails(ApiKeyResponse key) => new { key.Name, key.Prefix, key.Scopes, key.AllowedNetworks, key.ExpiresAt };
}
