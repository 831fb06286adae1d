using StackExchange.Redis;

namespace LinkShort.Testing;

/// <summary>Makes a Redis refuse writes because its memory is full. For a server of the test's own: the limit applies to all databases.</summary>
public sealed class FullRedis : IAsyncDisposable
{
    private const int Fillers = 64;
    private const int FillerBytes = 64 << 10;

    private readonly ConnectionMultiplexer _redis;
    private readonly string _limit;

    private FullRedis(ConnectionMultiplexer redis, string limit) => (_redis, _limit) = (redis, limit);

    public static async Task<FullRedis> FillAsync(string connectionString)
    {
        var options = ConfigurationOptions.Parse(connectionString);
        options.AllowAdmin = true;
        var redis = await ConnectionMultiplexer.ConnectAsync(options);
        var database = redis.GetDatabase();
        for (var i = 0; i < Fillers; i++)
        {
            await database.StringSetAsync($"filler:{i}", new byte[FillerBytes]);
        }

        var full = new FullRedis(redis, (string)((RedisResult[])(await database.ExecuteAsync("CONFIG", "GET", "maxmemory"))!)[1]!);
        // Less than an empty Redis uses, so that no freed buffer makes room.
        await full.LimitAsync("100kb");
        try
        {
            await database.StringSetAsync("filler:more", "x");
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("OOM", StringComparison.Ordinal))
        {
            return full;
        }

        throw new InvalidOperationException("Redis takes writes beyond its limit.");
    }

    /// <summary>Deletes the filler, and restores the limit.</summary>
    public async Task FreeAsync()
    {
        await _redis.GetDatabase().KeyDeleteAsync([.. Enumerable.Range(0, Fillers).Select(i => (RedisKey)$"filler:{i}")]);
        await LimitAsync(_limit);
    }

    public async ValueTask DisposeAsync()
    {
        await FreeAsync();
        await _redis.DisposeAsync();
    }

    private async Task LimitAsync(string bytes) => await _redis.GetDatabase().ExecuteAsync("CONFIG", "SET", "maxmemory", bytes);
}
