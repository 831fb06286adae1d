using LinkShort.ServiceDefaults;
using StackExchange.Redis;

namespace LinkShort.Gateway.SharedState;

/// <summary>
/// What all gateways know together, in Redis, asked in a way that no request can hang on: an answer within the deadline or none,
/// and after a failure none at all for a moment. Then one request tries whether Redis is back, and the others don't wait for it.
/// </summary>
internal sealed partial class SharedStore(IConnectionMultiplexer redis, TimeProvider time, ILogger<SharedStore> logger)
{
    /// <summary>Redis answers in a fraction of a millisecond; above this it is as good as away.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private long _failedAt;

    /// <summary>Whether the last call failed, so that the gateway is on its own.</summary>
    public bool IsAway => Volatile.Read(ref _failedAt) != 0;

    /// <returns>Not answered when Redis is away, slow, or refuses (loading, full, read-only).</returns>
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
        // Whatever Redis answers: no request fails for it.
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
        [LoggerMessage(LogLevel.Warning, "Redis gives no answer: limits and API keys are looked after by this gateway alone until it does. {Reason}")]
        public static partial void Away(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Information, "Redis answers again: limits and API keys are shared between gateways")]
        public static partial void Back(ILogger logger);
    }
}
