using System.Net;
using System.Text.Json.Nodes;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.ServiceDefaults.Redis;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LinkShort.ServiceDefaults.Tests.Http;

public sealed class HealthTests
{
    private static readonly string Refusing = $"127.0.0.1:{StandIn.Refusing().Port}";

    [Fact]
    public async Task A_service_without_dependencies_is_healthy_to_everybody()
    {
        await using var service = await TestedService.StartAsync();

        (await service.Client.GetAsync("/alive")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var health = await service.Client.GetAsync("/health");
        health.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await health.Content.ReadAsStringAsync()).ShouldBe("""{"status":"healthy","checks":{"self":"healthy"}}""");
    }

    [Fact]
    public async Task A_service_whose_database_is_away_is_alive_but_not_ready_and_tells_no_secrets()
    {
        await using var service = await TestedService.StartAsync(
            configure: builder => builder.AddNpgsqlDataSource("testdb"),
            settings: [("ConnectionStrings:testdb", $"Host=127.0.0.1;Port={Refusing.Split(':')[1]};Username=u1;Password=p1;Database=d1")]);

        (await service.Client.GetAsync("/alive")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var health = await service.Client.GetAsync("/health");
        health.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        var text = await health.Content.ReadAsStringAsync();
        JsonNode.Parse(text)!["checks"]!["PostgreSql"]!.GetValue<string>().ShouldBe("unhealthy");
        text.ShouldNotContain("p1");
        text.ShouldNotContain("u1");
    }

    [Fact]
    public async Task Redis_RabbitMQ_and_a_database_that_it_can_do_without_only_degrade_a_service()
    {
        await using var service = await TestedService.StartAsync(
            configure: builder =>
            {
                builder.AddNpgsqlDataSource("testdb", HealthStatus.Degraded);
                builder.AddRedisClient("cache");
                builder.AddMessaging("messaging");
            },
            settings:
            [
                ("ConnectionStrings:testdb", $"Host=127.0.0.1;Port={Refusing.Split(':')[1]};Username=u;Password=p;Database=d"),
                ("ConnectionStrings:cache", $"{Refusing},password=p"),
                ("ConnectionStrings:messaging", $"amqp://u:p@{Refusing}"),
            ]);

        using var health = await service.Client.GetAsync("/health");
        health.StatusCode.ShouldBe(HttpStatusCode.OK);
        var checks = JsonNode.Parse(await health.Content.ReadAsStringAsync())!["checks"]!.AsObject();
        checks.ToDictionary(check => check.Key, check => check.Value!.GetValue<string>()).ShouldBe(
            new Dictionary<string, string> { ["self"] = "healthy", ["PostgreSql"] = "degraded", ["StackExchange.Redis"] = "degraded", ["RabbitMQ.Client"] = "degraded" },
            ignoreOrder: true);
    }

    [Theory]
    [InlineData("database")]
    [InlineData("redis")]
    [InlineData("messaging")]
    public async Task A_missing_connection_string_stops_the_start_with_the_variable_and_the_fix(string kind)
    {
        var error = await Should.ThrowAsync<InvalidOperationException>(async () =>
        {
            await using var service = await TestedService.StartAsync(configure: builder =>
            {
                switch (kind)
                {
                    case "database":
                        builder.AddNpgsqlDataSource("somewhere");
                        break;
                    case "redis":
                        builder.AddRedisClient("somewhere");
                        break;
                    default:
                        builder.AddMessaging("somewhere");
                        break;
                }
            });
        });

        error.Message.ShouldContain("ConnectionStrings__somewhere is missing");
        error.Message.ShouldContain("./linkshort run");
    }
}
