using System.Net;
using System.Text.Json.Nodes;
using LinkShort.Testing;
using Microsoft.AspNetCore.Http;

namespace LinkShort.Gateway.Tests;

public sealed class HealthTests(ServersAndIssuer shared)
{
    [Fact]
    public async Task Healthy_only_if_every_service_is()
    {
        await using var stage = await Stage.StartAsync(shared);
        var health = await Eventually.BecomesAsync(() => HealthAsync(stage), answer => AreUnhealthy(answer.Body));
        health.Status.ShouldBe(HttpStatusCode.OK);
        health.Body.ToJsonString().ShouldBe(
            """{"status":"healthy","services":{"identity":"healthy","billing":"healthy","links":"healthy","analytics":"healthy","web":"healthy","redirect":"healthy","notification":"healthy"}}""");

        stage["notification"].Answer = context =>
        {
            context.Response.StatusCode = 503;
            return context.Response.WriteAsJsonAsync(new { status = "unhealthy" });
        };
        await stage["links"].DisposeAsync();
        var broken = await Eventually.BecomesAsync(() => HealthAsync(stage), answer => AreUnhealthy(answer.Body, "links", "notification"));
        broken.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        var problems = broken.Body["problems"]!.AsObject();
        broken.Body.AsObject().Remove("problems");
        broken.Body.ToJsonString().ShouldBe(
            """{"status":"unhealthy","services":{"identity":"healthy","billing":"healthy","links":"unhealthy","analytics":"healthy","web":"healthy","redirect":"healthy","notification":"unhealthy"}}""");
        problems.ToDictionary(problem => problem.Key, problem => problem.Value!["service"]!["why"]!.GetValue<string>()).ShouldBe(
            new Dictionary<string, string> { ["links"] = "The service can't be reached.", ["notification"] = "The service is not ready." }, ignoreOrder: true);
    }

    [Fact]
    public async Task Problems_of_a_services_dependencies_are_passed_on()
    {
        await using var stage = await Stage.StartAsync(shared);
        stage["links"].Answer = context =>
        {
            context.Response.StatusCode = 503;
            return context.Response.WriteAsJsonAsync(new
            {
                status = "unhealthy",
                checks = new Dictionary<string, string> { ["PostgreSql"] = "unhealthy" },
                problems = new Dictionary<string, object> { ["PostgreSql"] = new { why = "PostgreSQL can't be reached.", since = "2026-11-28T20:15:00Z" } },
            });
        };
        stage["redirect"].Answer = context => context.Response.WriteAsJsonAsync(new
        {
            status = "degraded",
            problems = new { spool = new { why = "The click spool is nearly full.", since = "2026-11-28T20:16:00Z" } },
        });
        stage["web"].Answer = context =>
        {
            context.Response.StatusCode = 503;
            return context.Response.WriteAsync("<html>not ours</html>");
        };

        var health = await Eventually.BecomesAsync(() => HealthAsync(stage), answer => AreUnhealthy(answer.Body, "links", "web"));

        health.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        var problems = health.Body["problems"]!.AsObject();
        problems.Select(problem => problem.Key).ShouldBe(["links", "web", "redirect"], ignoreOrder: true);
        problems["links"]!.ToJsonString().ShouldBe("""{"PostgreSql":{"why":"PostgreSQL can\u0027t be reached.","since":"2026-11-28T20:15:00Z"}}""");
        problems["redirect"]!.ToJsonString().ShouldBe("""{"spool":{"why":"The click spool is nearly full.","since":"2026-11-28T20:16:00Z"}}""");
        problems["web"]!["service"]!["why"]!.GetValue<string>().ShouldBe("The service is not ready.");
    }

    [Fact]
    public async Task The_time_since_when_a_service_is_unavailable_does_not_change_between_checks()
    {
        await using var stage = await Stage.StartAsync(shared);
        await stage["links"].DisposeAsync();
        var first = await Eventually.BecomesAsync(() => HealthAsync(stage), answer => AreUnhealthy(answer.Body, "links"));
        var since = first.Body["problems"]!["links"]!["service"]!["since"]!.GetValue<DateTimeOffset>();

        var asked = stage["web"].Requests.Count;
        var later = await Eventually.BecomesAsync(() => HealthAsync(stage), _ => stage["web"].Requests.Count > asked);

        later.Body["problems"]!["links"]!["service"]!["since"]!.GetValue<DateTimeOffset>().ShouldBe(since);
    }

    [Fact]
    public async Task A_degraded_service_is_ready()
    {
        await using var stage = await Stage.StartAsync(shared);
        stage["links"].Answer = context => context.Response.WriteAsJsonAsync(new { status = "degraded", checks = new { redis = "degraded" } });

        var health = await Eventually.BecomesAsync(() => HealthAsync(stage), answer => AreUnhealthy(answer.Body));

        health.Status.ShouldBe(HttpStatusCode.OK);
        health.Body["status"]!.GetValue<string>().ShouldBe("degraded");
        health.Body["services"]!["links"]!.GetValue<string>().ShouldBe("degraded");
    }

    [Fact]
    public async Task Many_checks_reach_the_services_once_a_second()
    {
        await using var stage = await Stage.StartAsync(shared);

        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => stage.Gateway.GetAsync(new Uri("/health", UriKind.Relative))));

        foreach (var service in Stage.Services)
        {
            stage[service].Requests.Count(received => received.Target == "/health").ShouldBeInRange(1, 3);
        }
    }

    [Fact]
    public async Task A_service_that_hangs_does_not_delay_the_report()
    {
        await using var stage = await Stage.StartAsync(shared);
        stage["web"].Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);

        var health = await HealthAsync(stage).WaitAsync(TimeSpan.FromSeconds(10));

        health.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        health.Body["services"]!["web"]!.GetValue<string>().ShouldBe("unhealthy");
    }

    [Fact]
    public async Task The_gateway_itself_is_alive_without_any_service()
    {
        await using var stage = await Stage.StartAsync(shared, settings: Stage.Services.Select(service => ($"services:{service}:http:0", (string?)"http://127.0.0.1:9")));

        (await stage.Gateway.GetAsync(new Uri("/alive", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>Only these services, because on a busy machine others may take longer than the gateway waits.</summary>
    private static bool AreUnhealthy(JsonNode body, params string[] services) =>
        body["services"]!.AsObject().Where(service => service.Value!.GetValue<string>() == "unhealthy").Select(service => service.Key).Order().SequenceEqual(services.Order());

    private static async Task<(HttpStatusCode Status, JsonNode Body)> HealthAsync(Stage stage)
    {
        using var response = await stage.Gateway.GetAsync(new Uri("/health", UriKind.Relative));
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }
}
