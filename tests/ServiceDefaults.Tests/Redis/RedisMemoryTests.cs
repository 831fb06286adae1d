using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LinkShort.ServiceDefaults.Redis;
using LinkShort.Testing;
using StackExchange.Redis;

namespace LinkShort.ServiceDefaults.Tests.Redis;

public sealed class RedisMemoryTests(ServersFixture fixture)
{
    [Fact]
    public async Task Our_own_Redis_has_a_limit_and_evicts_nothing()
    {
        using var redis = await ConnectionMultiplexer.ConnectAsync(await fixture.Servers.NextRedisDatabaseAsync() + ",allowAdmin=true");

        (await ConfigAsync(redis, "maxmemory")).ShouldBe((512L << 20).ToString(System.Globalization.CultureInfo.InvariantCulture));
        (await ConfigAsync(redis, "maxmemory-policy")).ShouldBe("noeviction");
    }

    [Fact]
    public async Task Health_names_a_Redis_that_evicts_or_is_nearly_full_and_caches_leave_room()
    {
        await using var servers = await Servers.StartAsync(Servers.Redis);
        var connectionString = await servers.NextRedisDatabaseAsync();
        using var redis = await ConnectionMultiplexer.ConnectAsync(connectionString + ",allowAdmin=true");
        await using var service = await TestedService.StartAsync(
            configure: builder => builder.AddRedisClient("cache"), settings: [("ConnectionStrings:cache", connectionString)]);
        var memory = service.Get<RedisMemory>();
        (await ProblemAsync(service)).ShouldBeNull();
        memory.HasRoomForCaches.ShouldBeTrue();

        foreach (var policy in new[] { "volatile-lru", "allkeys-lfu" })
        {
            await redis.GetDatabase().ExecuteAsync("CONFIG", "SET", "maxmemory-policy", policy);
            (await ProblemAsync(service)).ShouldNotBeNull().ShouldContain($"Redis evicts keys ({policy})");
        }

        await redis.GetDatabase().ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        (await ProblemAsync(service)).ShouldBeNull();

        await using (var full = await FullRedis.FillAsync(connectionString))
        {
            (await ProblemAsync(service)).ShouldNotBeNull().ShouldContain("LINKSHORT_REDIS_MEMORY");
            memory.HasRoomForCaches.ShouldBeFalse();
        }

        (await ProblemAsync(service)).ShouldBeNull();
        memory.HasRoomForCaches.ShouldBeTrue();
    }

    private static async Task<string> ConfigAsync(ConnectionMultiplexer redis, string name) =>
        (string)((RedisResult[])(await redis.GetDatabase().ExecuteAsync("CONFIG", "GET", name))!)[1]!;

    private static async Task<string?> ProblemAsync(TestedService service) =>
        (await service.Client.GetFromJsonAsync<JsonNode>("/health"))!["problems"]?["Redis memory"]?["why"]?.GetValue<string>();
}
