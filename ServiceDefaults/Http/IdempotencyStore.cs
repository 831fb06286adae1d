using System.Text.Json;
using Dapper;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>Whose key, and for what.</summary>
internal sealed record IdempotencyKey(Guid WorkspaceId, Guid UserId, string Route, string Key);

internal sealed record Answer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>What came of trying to take a key.</summary>
internal abstract record Claim
{
    /// <summary>Ours to run. <paramref name="LockId"/> proves it to the statements that follow.</summary>
    public sealed record Won(IdempotentOperation Operation, Guid LockId) : Claim;

    public sealed record Answered(Answer Answer) : Claim;

    public sealed record InProgress : Claim;

    public sealed record Mismatch : Claim;
}

/// <summary>Keys and their answers, in the service's own database.</summary>
internal sealed class IdempotencyStore(Database database, TimeProvider time)
{
    public static readonly TimeSpan Retention = TimeSpan.FromHours(24);

    /// <summary>After which a process that took a key and said nothing more is taken for dead. Twice the longest command timeout.</summary>
    public static readonly TimeSpan LockTime = TimeSpan.FromMinutes(1);

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

    public async Task<Claim> ClaimAsync(IdempotencyKey name, byte[] requestHash, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var now = time.GetUtcNow();
        var operationId = Guid.CreateVersion7(now);
        var lockId = Guid.NewGuid();
        while (true)
        {
            // One statement decides between any number of callers: a new key, an expired one, or one whose holder let go of it
            // without an answer. The last keeps its operation id, so that what it may have created is found again.
            var taken = await connection.QuerySingleOrDefaultAsync<Guid?>(new CommandDefinition(
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
                    lockedUntil = now + LockTime, expiresAt = now + Retention,
                },
                cancellationToken: cancellationToken));
            if (taken is { } operation)
            {
                return new Claim.Won(new IdempotentOperation(operation, Resumed: operation != operationId), lockId);
            }

            var row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
                """
                select request_hash, status, headers::text as headers, body from idempotency_keys
                where workspace_id = @WorkspaceId and user_id = @UserId and route = @Route and key = @Key
                """,
                name, cancellationToken: cancellationToken));
            switch (row)
            {
                // Let go of between the two statements.
                case null:
                    continue;
                case var _ when !row.RequestHash.AsSpan().SequenceEqual(requestHash):
                    return new Claim.Mismatch();
                case { Status: { } status, Headers: { } headers, Body: { } body }:
                    return new Claim.Answered(new Answer(status, JsonSerializer.Deserialize<Dictionary<string, string>>(headers)!, body));
                default:
                    return new Claim.InProgress();
            }
        }
    }

    /// <summary>Keeps the answer, unless the lock ran out and another attempt took over.</summary>
    public Task AnswerAsync(IdempotencyKey name, Claim.Won claim, Answer answer) => ExecuteAsync(
        """
        update idempotency_keys set status = @Status, headers = @headers::jsonb, body = @Body
        where workspace_id = @WorkspaceId and user_id = @UserId and route = @Route and key = @Key and lock_id = @LockId
        """,
        new { name.WorkspaceId, name.UserId, name.Route, name.Key, claim.LockId, answer.Status, headers = JsonSerializer.Serialize(answer.Headers), answer.Body });

    /// <summary>Lets the same request try again.</summary>
    public Task UnlockAsync(IdempotencyKey name, Claim.Won claim) => ExecuteAsync(
        """
        update idempotency_keys set locked_until = @now
        where workspace_id = @WorkspaceId and user_id = @UserId and route = @Route and key = @Key and lock_id = @LockId
        """,
        new { name.WorkspaceId, name.UserId, name.Route, name.Key, claim.LockId, now = time.GetUtcNow() });

    /// <summary>Frees the key for any request.</summary>
    public Task ForgetAsync(IdempotencyKey name, Claim.Won claim) => ExecuteAsync(
        """
        delete from idempotency_keys
        where workspace_id = @WorkspaceId and user_id = @UserId and route = @Route and key = @Key and lock_id = @LockId
        """,
        new { name.WorkspaceId, name.UserId, name.Route, name.Key, claim.LockId });

    /// <summary>Not bound to the request: a caller who hangs up must not leave the key locked.</summary>
    private async Task ExecuteAsync(string sql, object parameters)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(5), time);
        await using var connection = await database.OpenAsync(timeout.Token);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: timeout.Token));
    }

    private sealed record Row(byte[] RequestHash, short? Status, string? Headers, byte[]? Body);
}
