using LinkShort.Gateway.SharedState;
using StackExchange.Redis;

namespace LinkShort.Gateway.RateLimiting;

/// <summary>
/// A sliding window in Redis, shared by all gateways: the times of the allowed requests. Exact (never more than the limit in
/// any period of the window), because one script checks and counts atomically, by Redis's own clock.
/// </summary>
internal sealed class SharedLimiter(SharedStore store)
{
    // KEYS[1]: the window. ARGV: permits, window in ms, an id for this request.
    // Result: granted (0 or 1), permits left, ms until the oldest request leaves the window.
    private const string Script = """
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        local permits = tonumber(ARGV[1])
        local window = tonumber(ARGV[2])
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
        local used = redis.call('ZCARD', KEYS[1])
        local granted = 0
        if used < permits then
          redis.call('ZADD', KEYS[1], now, ARGV[3])
          redis.call('PEXPIRE', KEYS[1], window)
          used = used + 1
          granted = 1
        end
        local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
        return { granted, math.max(permits - used, 0), oldest[2] + window - now }
        """;

    /// <param name="request">Identifies this request within the window.</param>
    /// <returns>Null if Redis doesn't answer.</returns>
    public async ValueTask<Permit?> AcquireAsync(Limit limit, string partition, Guid request)
    {
        RedisKey[] keys = [NameOf(limit, partition)];
        RedisValue[] arguments = [limit.Permits, (long)limit.Window.TotalMilliseconds, request.ToByteArray()];
        var (answered, value) = await store.TryAsync(database => database.ScriptEvaluateAsync(Script, keys, arguments));
        if (!answered)
        {
            return null;
        }

        var parts = (long[])value!;
        return new Permit(parts[0] == 1, (int)parts[1], TimeSpan.FromMilliseconds(parts[2]));
    }

    /// <summary>Gives a permit back. Without Redis it leaves with the window.</summary>
    public async ValueTask ReturnAsync(Limit limit, string partition, Guid request) =>
        await store.TryAsync(database => database.SortedSetRemoveAsync(NameOf(limit, partition), request.ToByteArray()));

    private static RedisKey NameOf(Limit limit, string partition) => $"linkshort:limit:{limit.Name}:{partition}";
}
