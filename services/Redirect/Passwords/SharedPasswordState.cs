using System.Globalization;
using LinkShort.ServiceDefaults;
using StackExchange.Redis;

namespace LinkShort.Redirect.Passwords;

/// <summary>
/// Password state that replicas share in Redis: recent wrong attempts, and visitors who entered the right password. It holds neither
/// addresses nor passwords, only hashes that need our own key or the visitor's cookie. While Redis is unavailable, calls return immediately
/// without a result.
/// </summary>
public sealed partial class SharedPasswordState(IConnectionMultiplexer redis, TimeProvider time, ILogger<SharedPasswordState> logger)
{
    // KEYS: the visitor's window, the link's window. ARGV: window in ms, limit per visitor, limit per link, a name for this attempt.
    // Returns 0 if granted, otherwise the milliseconds until an attempt leaves its window, by Redis's clock.
    private const string Acquire = """
        local clock = redis.call('TIME')
        local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
        local window = tonumber(ARGV[1])
        local wait = 0
        for i = 1, 2 do
          redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now - window)
          if redis.call('ZCARD', KEYS[i]) >= tonumber(ARGV[1 + i]) then
            local oldest = redis.call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')
            wait = math.max(wait, oldest[2] + window - now, 1)
          end
        end
        if wait > 0 then return wait end
        for i = 1, 2 do
          redis.call('ZADD', KEYS[i], now, ARGV[4])
          redis.call('PEXPIRE', KEYS[i], window)
        end
        return 0
        """;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private long _awayUntil = long.MinValue;

    /// <returns>How long to wait: zero if the attempt is granted, null if Redis is unavailable.</returns>
    public async Task<TimeSpan?> AcquireAsync(Guid linkId, string visitor, string attempt)
    {
        RedisKey[] keys = [VisitorKey(linkId, visitor), LinkKey(linkId)];
        RedisValue[] arguments =
        [
            (long)PasswordAttempts.Window.TotalMilliseconds, PasswordAttempts.PerVisitor, PasswordAttempts.PerLink, attempt,
        ];
        var (isAnswered, wait) = await TryAsync(async database => (long)await database.ScriptEvaluateAsync(Acquire, keys, arguments));
        return isAnswered ? TimeSpan.FromMilliseconds(wait) : null;
    }

    /// <summary>Removes an attempt whose password was right.</summary>
    public Task ReleaseAsync(Guid linkId, string visitor, string attempt) => TryAsync(async database =>
    {
        await Task.WhenAll(
            database.SortedSetRemoveAsync(VisitorKey(linkId, visitor), attempt),
            database.SortedSetRemoveAsync(LinkKey(linkId), attempt));
        return true;
    });

    /// <param name="proof">From <see cref="UnlockCookie"/>.</param>
    public Task RememberAsync(string proof, TimeSpan lifetime) => TryAsync(database => database.StringSetAsync(ProofKey(proof), 1, lifetime));

    public async Task<bool> RemembersAsync(string proof) => (await TryAsync(database => database.KeyExistsAsync(ProofKey(proof)))).Value;

    // The part in braces decides the cluster node: both windows of a link are on one node, as the script requires.
    private static RedisKey VisitorKey(Guid linkId, string visitor) => string.Create(CultureInfo.InvariantCulture, $"redirect:attempts:{{{linkId:N}}}:{visitor}");

    private static RedisKey LinkKey(Guid linkId) => string.Create(CultureInfo.InvariantCulture, $"redirect:attempts:{{{linkId:N}}}");

    private static RedisKey ProofKey(string proof) => "redirect:unlocked:" + proof;

    private async Task<(bool IsAnswered, T? Value)> TryAsync<T>(Func<IDatabase, Task<T>> ask)
    {
        if (time.GetTimestamp() < Volatile.Read(ref _awayUntil))
        {
            return default;
        }

        try
        {
            return (true, await ask(redis.GetDatabase()).WaitAsync(CallTimeout));
        }
        catch (Exception exception) when (exception is RedisException || Outages.IsOutage(exception))
        {
            // Otherwise a hanging server would cost each visitor the whole timeout.
            Volatile.Write(ref _awayUntil, time.GetTimestamp() + (long)(Pause.TotalSeconds * time.TimestampFrequency));
            Log.Away(logger, exception.Message);
            return default;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "This replica counts password attempts on its own because Redis is unavailable: {Reason}")]
        public static partial void Away(ILogger logger, string reason);
    }
}
