using System.Net;
using System.Text.Json.Nodes;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.ServiceDefaults.Redis;
using Microsoft.Extensions.DependencyInjection;
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
        (await health.Content.ReadAsStringAsync()).ShouldBe("""{"status":"healthy","checks":{"self":"healthy","background jobs":"healthy"}}""");
    }

    [Fact]
    public async Task A_service_without_its_database_is_alive_but_not_ready_and_exposes_no_secrets()
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
            new Dictionary<string, string>
            {
                ["self"] = "healthy", ["background jobs"] = "healthy", ["PostgreSql"] = "degraded", ["StackExchange.Redis"] = "degraded",
                ["Redis memory"] = "healthy", ["RabbitMQ.Client"] = "degraded", ["parked messages"] = "healthy",
            },
            ignoreOrder: true);
    }

    [Fact]
    public async Task A_failed_check_reports_why_and_since_when_until_it_succeeds()
    {
        var clock = new ManualTime();
        var state = HealthCheckResult.Degraded("The stock is low.");
        await using var service = await TestedService.StartAsync(
            authentication: false,
            configure: builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(clock);
                builder.Services.AddHealthChecks().AddCheck("stock", () => state, ["ready"]);
            });

        var first = await ProblemsAsync(service);
        clock.Advance(TimeSpan.FromMinutes(3));
        state = HealthCheckResult.Unhealthy("The stock is gone.");
        var later = await ProblemsAsync(service);
        state = HealthCheckResult.Healthy();
        clock.Advance(TimeSpan.FromMinutes(1));
        var well = await ProblemsAsync(service);
        state = HealthCheckResult.Degraded("The stock is low.");
        clock.Advance(TimeSpan.FromMinutes(1));
        var again = await ProblemsAsync(service);

        first!["stock"]!.ToJsonString().ShouldBe("""{"why":"The stock is low.","since":"2026-11-21T12:00:00Z"}""");
        later!["stock"]!.ToJsonString().ShouldBe("""{"why":"The stock is gone.","since":"2026-11-21T12:00:00Z"}""");
        well.ShouldBeNull();
        again!["stock"]!.ToJsonString().ShouldBe("""{"why":"The stock is low.","since":"2026-11-21T12:05:00Z"}""");
    }

    [Fact]
    public async Task The_words_name_the_dependency_and_no_host_user_password_or_address()
    {
        await using var service = await TestedService.StartAsync(
            configure: builder =>
            {
                builder.AddNpgsqlDataSource("testdb");
                builder.AddRedisClient("cache");
                builder.AddMessaging("messaging");
                builder.Services.AddHealthChecks()
                    .AddCheck("throwing", () => throw new InvalidOperationException("h1.internal refused u1:p1"), ["ready"])
                    .AddCheck("foreign", () => HealthCheckResult.Unhealthy("h1.internal is away"))
                    .AddCheck("careless", () => HealthCheckResult.Degraded("203.0.113.9 and jane@example.com are away"), ["ready"]);
            },
            settings:
            [
                ("ConnectionStrings:testdb", $"Host=127.0.0.1;Port={Refusing.Split(':')[1]};Username=u1;Password=p1;Database=d1"),
                ("ConnectionStrings:cache", $"{Refusing},password=p1"),
                ("ConnectionStrings:messaging", $"amqp://u1:p1@{Refusing}"),
            ]);

        var problems = (await ProblemsAsync(service))!.AsObject();

        problems.ToDictionary(problem => problem.Key, problem => problem.Value!["why"]!.GetValue<string>()).ShouldBe(
            new Dictionary<string, string>
            {
                ["PostgreSql"] = "PostgreSQL can't be reached.",
                ["StackExchange.Redis"] = "Redis can't be reached, or did not respond in time.",
                ["RabbitMQ.Client"] = "RabbitMQ can't be reached, or this service's queues are not ready yet.",
                ["throwing"] = "The check failed; the log has the reason.",
                ["foreign"] = "The check failed; the log has the reason.",
                ["careless"] = "[address] and [e-mail] are away",
            },
            ignoreOrder: true);
        problems.ShouldAllBe(problem => DateTimeOffset.Parse(problem.Value!["since"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture) <= TimeProvider.System.GetUtcNow());
    }

    private static async Task<JsonNode?> ProblemsAsync(TestedService service)
    {
        using var health = await service.Client.GetAsync("/health");
        return JsonNode.Parse(await health.Content.ReadAsStringAsync())!["problems"];
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
