using LinkShort.ServiceDefaults;
using StackExchange.Redis;

namespace LinkShort.Gateway.SharedState;

/// <summary>
/// The gateways' shared state in Redis, accessed so that no request waits for it: an answer within the deadline or none,
/// and after a failure Redis is skipped for a moment. Then a single request tries it again while the others don't wait.
/// </summary>
internal sealed partial class SharedStore(IConnectionMultiplexer redis, TimeProvider time, ILogger<SharedStore> logger)
{
    /// <summary>Redis answers in a fraction of a millisecond; slower than this counts as unavailable.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private long _failedAt;

    /// <returns>Not answered if Redis is unavailable, slow, or refuses (loading, full, read-only).</returns>
    public async ValueTask<(bool Answered, T? Value)> TryAsync<T>(Func<IDatabase, Task<T>> ask)
    {
        var failedAt = Volatile.Read(ref _failedAt);
        if (failedAt != 0)
        {
            var now = time.GetTimestamp();
            if (time.GetElapsedTime(failedAt, now) < Pause || Interlocked.CompareExchange(ref _failedAt, now, failedAt) != failedAt)
            {
                return default;
            }
        }

        try
        {
            var value = await ask(redis.GetDatabase()).WaitAsync(Deadline);
            if (failedAt != 0)
            {
                Volatile.Write(ref _failedAt, 0);
                Log.Back(logger);
            }

            return (true, value);
        }
        // No request fails because of Redis.
        catch (Exception exception) when (exception is RedisException or ObjectDisposedException or OperationCanceledException || Outages.IsOutage(exception))
        {
            if (Interlocked.Exchange(ref _failedAt, time.GetTimestamp()) == 0)
            {
                Log.Away(logger, exception.Message);
            }

            return default;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Redis is unavailable, so this gateway enforces limits and API keys on its own: {Reason}")]
        public static partial void Away(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Information, "Redis is available again: limits and API keys are shared between gateways.")]
        public static partial void Back(ILogger logger);
    }
}
