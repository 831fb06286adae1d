using System.Net;
using LinkShort.Testing;

namespace LinkShort.Gateway.Tests;

/// <summary>Runs on its own Redis, which it can stop.</summary>
public sealed class RedisOutageTests(ServersAndIssuer shared)
{
    [Fact]
    public async Task Without_redis_each_gateway_limits_alone_and_afterwards_they_share_limits_again()
    {
        await using var redis = shared.Servers.BehindProxies();
        var connection = await redis.NextRedisDatabaseAsync();
        await using var stage = await Stage.StartAsync(
            shared, gateways: 2, settings: [("ConnectionStrings:cache", connection), ("RateLimits:CreateLink:PermitLimit", "4")]);

        (await CreateAsync(stage, 0, shared.Issuer.Token(), 3)).ShouldBe([200, 200, 200]);

        await redis.StopAsync(Servers.Redis);
        var during = shared.Issuer.Token();
        (await CreateAsync(stage, 0, during, 5)).ShouldBe([200, 200, 200, 200, 429]);
        (await CreateAsync(stage, 1, during, 5)).ShouldBe([200, 200, 200, 200, 429]);

        // API keys can still be exchanged, once per gateway.
        stage["identity"].Answer = ApiKeyTests.Issue(stage, shared.Issuer);
        for (var i = 0; i < 3; i++)
        {
            using var request = Stage.WithToken(HttpMethod.Get, "/api/v1/links", ApiKeyTests.Key);
            using var response = await stage.Gateway.SendAsync(request);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        stage["identity"].Requests.Count(received => received.Target == "/internal/api-keys/exchange").ShouldBe(1);

        await redis.StartAgainAsync(Servers.Redis);
        await Eventually.PassesAsync(async () =>
        {
            var after = shared.Issuer.Token();
            var first = await CreateAsync(stage, 0, after, 3);
            var second = await CreateAsync(stage, 1, after, 2);
            first.Concat(second).ShouldBe([200, 200, 200, 200, 429]);
        });
    }

    [Fact]
    public async Task While_redis_is_full_gateways_share_limits_and_api_keys_are_exchanged()
    {
        await using var redis = await Servers.StartAsync(Servers.Redis);
        var connection = await redis.NextRedisDatabaseAsync();
        await using var stage = await Stage.StartAsync(
            shared, gateways: 2, settings: [("ConnectionStrings:cache", connection), ("RateLimits:CreateLink:PermitLimit", "4")]);
        stage["identity"].Answer = ApiKeyTests.Issue(stage, shared.Issuer);

        await using var full = await FullRedis.FillAsync(connection);
        // The limiter's script deletes before it adds, so Redis lets it finish.
        var during = shared.Issuer.Token();
        (await CreateAsync(stage, 0, during, 5)).ShouldBe([200, 200, 200, 200, 429]);
        (await CreateAsync(stage, 1, during, 1)).ShouldBe([429]);
        using var request = Stage.WithToken(HttpMethod.Get, "/api/v1/links", ApiKeyTests.Key);
        using var response = await stage.Gateway.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);

        await full.FreeAsync();
        await Eventually.PassesAsync(async () =>
        {
            var after = shared.Issuer.Token();
            var first = await CreateAsync(stage, 0, after, 3);
            var second = await CreateAsync(stage, 1, after, 2);
            first.Concat(second).ShouldBe([200, 200, 200, 200, 429]);
        });
    }

    [Fact]
    public async Task A_gateway_starts_and_serves_without_redis_and_rabbitmq()
    {
        await using var stage = await Stage.StartAsync(shared, settings:
        [
            ("ConnectionStrings:cache", "127.0.0.1:9,password=x"),
            ("ConnectionStrings:messaging", "amqp://guest:guest@127.0.0.1:9"),
            ("RateLimits:CreateLink:PermitLimit", "1"),
        ]);

        (await CreateAsync(stage, 0, shared.Issuer.Token(), 2)).ShouldBe([200, 429]);
        (await stage.Gateway.GetAsync(new Uri("/abc", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<List<int>> CreateAsync(Stage stage, int gateway, string token, int times)
    {
        var statuses = new List<int>();
        for (var i = 0; i < times; i++)
        {
            using var request = Stage.WithToken(HttpMethod.Post, "/api/v1/links", token);
            request.Content = Stage.Json("{}");
            using var response = await stage.Gateways[gateway].SendAsync(request);
            statuses.Add((int)response.StatusCode);
        }

        return statuses;
    }
}
