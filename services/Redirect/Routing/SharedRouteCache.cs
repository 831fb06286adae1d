using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Redis;
using StackExchange.Redis;

namespace LinkShort.Redirect.Routing;

/// <summary>
/// The cache that replicas share in Redis. A value is its revision in 16 hex digits, followed by the link as JSON, or by nothing if no link
/// has the code. Writes compare revisions inside Redis, so that a slow reader can't overwrite a newer state. While Redis is unavailable, lookups
/// continue without it. When Redis is low on memory, only the revisions that keep old states out are written.
/// </summary>
public sealed partial class SharedRouteCache(
    IConnectionMultiplexer redis, RedisMemory memory, CodeCase codes, TimeProvider time, ILogger<SharedRouteCache> logger)
{
    private const int RevisionDigits = 16;

    // A full Redis refuses SET but still deletes: the old state must not remain.
    private const string SetIfNewer = """
        local current = redis.call('GET', KEYS[1])
        if current and string.sub(current, 1, 16) > string.sub(ARGV[1], 1, 16) then return 0 end
        local set = redis.pcall('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        if set.err then
          redis.call('DEL', KEYS[1])
          return -1
        end
        return 1
        """;

    // Null members are omitted to save space: most links use few features.
    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private static readonly TimeSpan CallTimeout = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LinkLifetime = TimeSpan.FromMinutes(30);

    // Longer than any lookup that read before the change can take.
    private static readonly TimeSpan AbsenceLifetime = TimeSpan.FromMinutes(1);

    // Entries from before the setting was changed must not be found after it.
    private readonly string _prefix = codes.IsFolding ? "redirect:folded:" : "redirect:route:";

    private long _awayUntil = long.MinValue;

    /// <returns>Null if Redis has no entry or is unavailable.</returns>
    public async Task<RouteState?> GetAsync(string key)
    {
        if (IsPaused)
        {
            return null;
        }

        try
        {
            var value = (byte[]?)await redis.GetDatabase().StringGetAsync(_prefix + key).WaitAsync(CallTimeout);
            return value is null ? null : Read(value);
        }
        // Any error: the cache must never fail a visit.
        catch (Exception exception) when (exception is RedisException or JsonException or FormatException || Outages.IsOutage(exception))
        {
            Away(exception);
            return null;
        }
    }

    /// <summary>Fills the cache in the background, if Redis has room.</summary>
    public void Remember(string key, RouteState state)
    {
        if (memory.HasRoomForCaches)
        {
            _ = TrySetAsync(key, state);
        }
    }

    /// <returns>False if Redis couldn't be updated and may hold an older state.</returns>
    public async Task<bool> TrySetAsync(string key, RouteState state)
    {
        if (IsPaused)
        {
            return false;
        }

        try
        {
            // A revision alone is not an answer, but keeps slow readers from writing an old state.
            var kept = memory.HasRoomForCaches ? state : state with { Route = null };
            var lifetime = kept.Route is null ? AbsenceLifetime : LinkLifetime;
            var outcome = (int)await redis.GetDatabase()
                .ScriptEvaluateAsync(SetIfNewer, [_prefix + key], [Write(kept), (long)lifetime.TotalMilliseconds])
                .WaitAsync(CallTimeout);
            return outcome >= 0;
        }
        catch (Exception exception) when (exception is RedisException || Outages.IsOutage(exception))
        {
            Away(exception);
            return false;
        }
    }

    private bool IsPaused => time.GetTimestamp() < Volatile.Read(ref _awayUntil);

    private void Away(Exception exception)
    {
        // Otherwise a hanging server would cost each lookup the whole timeout.
        Volatile.Write(ref _awayUntil, time.GetTimestamp() + (long)(Pause.TotalSeconds * time.TimestampFrequency));
        Log.Away(logger, exception.Message);
    }

    private static byte[] Write(RouteState state)
    {
        var revision = System.Text.Encoding.ASCII.GetBytes(state.Revision.ToString("x16", CultureInfo.InvariantCulture));
        return state.Route is null ? revision : [.. revision, .. JsonSerializer.SerializeToUtf8Bytes(state.Route, Json)];
    }

    private static RouteState Read(byte[] value)
    {
        var revision = long.Parse(value.AsSpan(0, Math.Min(RevisionDigits, value.Length)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return new RouteState(value.Length <= RevisionDigits ? null : JsonSerializer.Deserialize<Route>(value.AsSpan(RevisionDigits), Json), revision);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The shared cache in Redis is unavailable: {Reason}")]
        public static partial void Away(ILogger logger, string reason);
    }
}
