using System.Text.Json;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace LinkShort.ServiceDefaults.Data;

public static class IdempotencyStoreExtensions
{
    /// <summary>Adds the store for <see cref="IdempotencyExtensions.WithIdempotency"/>, and the job that deletes keys after 24 hours.</summary>
    public static void AddIdempotency(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<IIdempotencyStore, IdempotencyStore>();
        builder.Services.AddHourlyCleanup(
            "Expired idempotency keys",
            """
            -- every workspace: housekeeping, nothing is read
            delete from idempotency_keys where expires_at <= @now
            """,
            now => new { now },
            // Expired keys are ignored by the same clock anyway.
            isDisposable: true);
    }

    /// <summary>Creates <c>idempotency_keys</c>; call it in a service's migration.</summary>
    public static void CreateIdempotencyTable(this MigrationBuilder migration)
    {
        ArgumentNullException.ThrowIfNull(migration);
        migration.Sql(IdempotencyStore.CreateTable);
    }
}

/// <summary>Stores keys and responses in the service's own database.</summary>
internal sealed class IdempotencyStore(Database database, InternalKey key, TimeProvider time) : IIdempotencyStore
{
    public const string CreateTable = """
        create table idempotency_keys (
            workspace_id uuid not null,
            user_id      uuid not null,
            route        text not null,
            key          text not null,
            request_hash bytea not null,
            operation_id uuid not null,
            lock_id      uuid not null,
            locked_until timestamptz not null,
            -- Null until the request has been answered.
            status       smallint,
            headers      jsonb,
            body         bytea,
            expires_at   timestamptz not null,
            primary key (workspace_id, user_id, route, key)
        );
        create index idempotency_keys_expires_at on idempotency_keys (expires_at);
        """;

    public byte[] HashKey => key.IdempotencyKey;

    public async Task<IdempotencyClaim> ClaimAsync(IdempotencyKey name, byte[] requestHash, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var now = time.GetUtcNow();
        var operationId = Guid.CreateVersion7(now);
        var lockId = Guid.NewGuid();
        while (true)
        {
            // One statement decides between concurrent callers. It claims a new key, an expired one, or one that was unlocked without a
            // response; the last keeps its operation id, so that what the earlier attempt may have created is found.
            var taken = await connection.QuerySingleOrDefaultAsync<Guid?>(
                """
                insert into idempotency_keys as k
                    (workspace_id, user_id, route, key, request_hash, operation_id, lock_id, locked_until, expires_at)
                values (@WorkspaceId, @UserId, @Route, @Key, @requestHash, @operationId, @lockId, @lockedUntil, @expiresAt)
                on conflict (workspace_id, user_id, route, key) do update set
                    request_hash = excluded.request_hash,
                    operation_id = case when k.expires_at <= @now then excluded.operation_id else k.operation_id end,
                    lock_id = excluded.lock_id,
                    locked_until = excluded.locked_until,
                    status = null, headers = null, body = null,
                    expires_at = excluded.expires_at
                where k.workspace_id = @WorkspaceId
                  and (k.expires_at <= @now
                       or (k.status is null and k.locked_until <= @now and k.request_hash = excluded.request_hash))
                returning operation_id
                """,
                new
                {
                    name.WorkspaceId, name.UserId, name.Route, name.Key, requestHash, operationId, lockId, now,
                    lockedUntil = now + IdempotencyKey.LockTime, expiresAt = now + IdempotencyKey.Retention,
                },
                cancellationToken);
            if (taken is { } operation)
            {
                return new IdempotencyClaim.Won(new IdempotentOperation(operation, Resumed: operation != operationId), lockId);
            }

            var row = await connection.QuerySingleOrDefaultAsync<Row>(
                """
                select request_hash, status, headers::text as headers, body from idempotency_keys
                where workspace_id = @WorkspaceId and user_id = @UserId and route = @Route and key = @Key
                """,
                name, cancellationToken);
            switch (row)
            {
                // Deleted between the two statements.
                case null:
                    continue;
                case var _ when !row.RequestHash.AsSpan().SequenceEqual(requestHash):
                    return new IdempotencyClaim.Mismatch();
                case { Status: { } status, Headers: { } headers, Body: { } body }:
                    return new IdempotencyClaim.Answered(new IdempotencyAnswer(status, JsonSerializer.Deserialize<Dictionary<string, string>>(headers)!, body));
                default:
                    return new IdempotencyClaim.InProgress();
            }
        }
    }

    /// <summary>Stores the response, unless the lock expired and another attempt took over.</summary>
    public Task AnswerAsync(IdempotencyKey name, IdempotencyClaim.Won claim, IdempotencyAnswer answer) => ExecuteAsync(
        """
        update idempotency_keys set status = @Status, headers = @headers::jsonb, body = @Body
        where workspace_id = @WorkspaceId and user_id = @UserId and route = @Route and key = @Key and lock_id = @LockId
        """,
        new { name.WorkspaceId, name.UserId, name.Route, name.Key, claim.LockId, answer.Status, headers = JsonSerializer.Serialize(answer.Headers), answer.Body });

    /// <summary>Releases the lock, so that the same request can be retried.</summary>
    public Task UnlockAsync(IdempotencyKey name, IdempotencyClaim.Won claim) => ExecuteAsync(
        """
        update idempotency_keys set locked_until = @now
        where workspace_id = @WorkspaceId and user_id = @UserId and route = @Route and key = @Key and lock_id = @LockId
        """,
        new { name.WorkspaceId, name.UserId, name.Route, name.Key, claim.LockId, now = time.GetUtcNow() });

    /// <summary>Frees the key for any request.</summary>
    public Task ForgetAsync(IdempotencyKey name, IdempotencyClaim.Won claim) => ExecuteAsync(
        """
        delete from idempotency_keys
        where workspace_id = @WorkspaceId and user_id = @UserId and route = @Route and key = @Key and lock_id = @LockId
        """,
        new { name.WorkspaceId, name.UserId, name.Route, name.Key, claim.LockId });

    /// <summary>Independent of the request's cancellation: a client that disconnects must not leave the key locked.</summary>
    private async Task ExecuteAsync(string sql, object parameters)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(5), time);
        await using var connection = await database.OpenAsync(timeout.Token);
        await connection.ExecuteAsync(sql, parameters, timeout.Token);
    }

    private sealed record Row(byte[] RequestHash, short? Status, string? Headers, byte[]? Body);
}
