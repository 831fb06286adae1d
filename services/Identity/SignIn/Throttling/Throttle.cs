using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace LinkShort.Identity.SignIn.Throttling;

/// <summary>
/// Counts attempts in PostgreSQL, where counts survive restarts and are shared by all replicas: leaky buckets, each with a wait that
/// doubles. Concurrent attempts are serialised by the row's lock.
/// </summary>
public sealed class Throttle(Database database, InternalKey key, TimeProvider time)
{
    private const int HashBytes = 16;

    private const string Count = """
        insert into throttles as t (key, level, strikes, counted_at, blocked_until, refused, forgotten_at)
        values ($1, case when $3 <= 1 then 0 else 1 end, case when $3 <= 1 then 1 else 0 end, $2, case when $3 <= 1 then $2 + $5 end, false, $2 + $4 + $5)
        on conflict (key) do update set (level, strikes, counted_at, blocked_until, refused, forgotten_at) = (
            select case when w.waits then t.level when w.full then 0 else w.level end,
                   w.strikes + case when w.full then 1 else 0 end,
                   case when w.waits then t.counted_at else $2 end,
                   case when w.waits then t.blocked_until when w.full then $2 + w.delay end,
                   w.waits,
                   case when w.waits then t.forgotten_at when w.full then $2 + w.delay + $4 else $2 + $4 end
            from (
                select s.waits, s.level, s.strikes, not s.waits and s.level > $3 - 0.5 as full,
                       least($5 * power(2::double precision, least(s.strikes, 20)), $6) as delay
                from (
                    select coalesce(t.blocked_until > $2, false) as waits,
                           case when t.forgotten_at <= $2 then 0 else t.strikes end as strikes,
                           1 + case when t.forgotten_at <= $2 then 0
                               else greatest(0, t.level - extract(epoch from $2 - t.counted_at) * $3 / extract(epoch from $4)) end as level
                ) s
            ) w)
        returning blocked_until, refused
        """;

    private readonly byte[] _key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(key.Key), outputLength: 32, info: "LinkShort.Identity.Throttle.v1"u8.ToArray());

    /// <param name="subject">The counted subject, in parts that are joined unambiguously.</param>
    public ThrottleKey Key(ThrottlePolicy policy, params IEnumerable<string> subject)
    {
        var text = string.Join('\n', subject.Prepend(policy.Name));
        return new ThrottleKey(policy, HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text))[..HashBytes]);
    }

    /// <summary>Looks for a wait, without counting.</summary>
    /// <returns>The longest wait.</returns>
    public async Task<ThrottleBlock?> FindAsync(NpgsqlConnection connection, IReadOnlyList<ThrottleKey> keys, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync<(byte[] Key, DateTime Until)>(
            "select key, blocked_until from throttles where key = any(@hashes) and blocked_until > @now",
            new { hashes = keys.Select(each => each.Hash).ToArray(), now = time.GetUtcNow() }, cancellationToken);
        return rows
            .Select(row => new ThrottleBlock(keys.First(each => each.Hash.AsSpan().SequenceEqual(row.Key)).Policy, new DateTimeOffset(row.Until, TimeSpan.Zero), Refused: true))
            .MaxBy(block => block.Until);
    }

    /// <summary>Counts one attempt.</summary>
    /// <returns>The longest wait, which this attempt may have started; null without one.</returns>
    public async Task<ThrottleBlock?> CountAsync(IReadOnlyList<ThrottleKey> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
        {
            return null;
        }

        var now = time.GetUtcNow();
        // Always in the same order, so that requests that count the same keys can't deadlock.
        var ordered = keys.OrderBy(each => Convert.ToHexString(each.Hash), StringComparer.Ordinal).ToList();
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var (policy, hash) in ordered)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Count)
            {
                Parameters =
                {
                    new() { Value = hash },
                    new() { Value = now },
                    new() { Value = (double)policy.Permits },
                    new() { Value = policy.Window },
                    new() { Value = policy.FirstDelay },
                    new() { Value = policy.LongestDelay },
                },
            });
        }

        ThrottleBlock? longest = null;
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var (policy, _) in ordered)
        {
            await reader.ReadAsync(cancellationToken);
            if (!reader.IsDBNull(0) && reader.GetFieldValue<DateTimeOffset>(0) is var until && until > now && !(longest?.Until >= until))
            {
                longest = new ThrottleBlock(policy, until, reader.GetBoolean(1));
            }

            await reader.NextResultAsync(cancellationToken);
        }

        return longest;
    }

    public static Task ForgetAsync(UnitOfWork work, IReadOnlyList<ThrottleKey> keys, CancellationToken cancellationToken)
    {
        return work.ExecuteAsync(
            "delete from throttles where key = any(@hashes)", new { hashes = keys.Select(each => each.Hash).ToArray() },
            cancellationToken);
    }

    /// <summary>The response during a wait, with <c>Retry-After</c> in whole seconds, rounded up.</summary>
    public ProblemHttpResult Answer(ThrottleBlock block, HttpContext context)
    {
        var seconds = Math.Max(1, Math.Ceiling((block.Until - time.GetUtcNow()).TotalSeconds));
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return (ThrottlePolicies.IsLockout(block.Policy) ? Problems.LockedOut : Problems.RateLimited).Result();
    }
}
