using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Identity.ApiKeys;

/// <summary>A key to be stored, by its hash.</summary>
internal sealed record NewApiKey(ApiKey Key, string Name, string[] Scopes, string[]? AllowedNetworks, DateTimeOffset? ExpiresAt)
{
    /// <summary>Derived from the request's Idempotency-Key, if it has one, so that a retry stores the same key again.</summary>
    public static Guid IdFor(HttpContext context, DateTimeOffset now) => IdempotentOperation.Of(context)?.Id ?? Guid.CreateVersion7(now);

    /// <returns>The times as stored.</returns>
    public Task<Stored> InsertAsync(
        UnitOfWork work, Guid id, Guid workspaceId, Guid userId, DateTimeOffset now, CancellationToken cancellationToken) =>
        work.QuerySingleAsync<Stored>(
            """
            insert into api_keys (id, workspace_id, user_id, name, key_hash, prefix, scopes, allowed_networks, created_at, expires_at)
            values (@id, @workspaceId, @userId, @Name, @KeyHash, @Visible, @Scopes, @AllowedNetworks, @now, @ExpiresAt)
            -- An earlier attempt with this Idempotency-Key failed before its response, so that nobody has seen its key: replace it.
            on conflict (id) do update set key_hash = excluded.key_hash, prefix = excluded.prefix
            where api_keys.workspace_id = excluded.workspace_id and api_keys.user_id = excluded.user_id
            returning created_at, expires_at
            """,
            new
            {
                id, workspaceId, userId, Name, KeyHash = ApiKeyHash.Of(Key.Value), Key.Visible, Scopes, AllowedNetworks, now, ExpiresAt,
            },
            cancellationToken);

    internal sealed record Stored(DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);
}
