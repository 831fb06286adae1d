using LinkShort.ServiceDefaults.Redis;
using LinkShort.Testing;
using StackExchange.Redis;

namespace LinkShort.ServiceDefaults.Tests.Redis;

public sealed class RedisClientTests(ServersFixture fixture)
{
    [Fact]
    public async Task A_script_that_Redis_has_forgotten_is_sent_again_without_the_caller_noticing()
    {
        const string Script = "return redis.call('INCR', KEYS[1])";
        var connectionString = await fixture.Servers.NextRedisDatabaseAsync();
        await using var service = await TestedService.StartAsync(
            configure: builder => builder.AddRedisClient("cache"), settings: [("ConnectionStrings:cache", connectionString)]);
        var redis = service.Get<IConnectionMultiplexer>().GetDatabase();
        ((long)await redis.ScriptEvaluateAsync(Script, ["counter"])).ShouldBe(1);
        // By its hash from now on.
        ((long)await redis.ScriptEvaluateAsync(Script, ["counter"])).ShouldBe(2);

        await redis.ExecuteAsync("SCRIPT", "FLUSH");

        ((long)await redis.ScriptEvaluateAsync(Script, ["counter"])).ShouldBe(3);
        redis.ScriptEvaluate(Script, ["counter"]).ShouldSatisfyAllConditions(result => ((long)result).ShouldBe(4));
    }

    [Fact]
    public async Task Without_Redis_a_service_starts_and_its_calls_fail_without_waiting_for_a_connection()
    {
        await using var service = await TestedService.StartAsync(
            configure: builder => builder.AddRedisClient("cache"), settings: [("ConnectionStrings:cache", $"127.0.0.1:{StandIn.Refusing().Port}")]);
        var redis = service.Get<IConnectionMultiplexer>();
        redis.IsConnected.ShouldBeFalse();

        Task<RedisValue> call;
        try
        {
            call = redis.GetDatabase().StringGetAsync("key");
        }
        catch (RedisConnectionException)
        {
            return;
        }

        call.IsCompleted.ShouldBeTrue("it doesn't wait in a queue until it times out");
        await Should.ThrowAsync<RedisConnectionException>(call);
    }
}
