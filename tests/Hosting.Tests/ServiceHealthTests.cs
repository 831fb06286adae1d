using System.Net;
using System.Text;
using Aspire.Hosting;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;

namespace LinkShort.Hosting.Tests;

/// <summary>The health of services in their own words, and what waits for them.</summary>
public sealed class ServiceHealthTests
{
    private const string Key = "key-0123456789-0123456789-0123456";

    [Theory]
    [InlineData(200, """{"status":"healthy","checks":{"spool":"healthy"}}""", HealthStatus.Healthy, null)]
    [InlineData(200, """{"status":"degraded","problems":{"spool":{"why":"Clicks wait.","since":"2026-11-28T20:15:00Z"},"RabbitMQ.Client":{"why":"RabbitMQ can't be reached.","since":"2026-11-28T20:16:00Z"}}}""",
        HealthStatus.Degraded, "spool: Clicks wait. Since 2026-11-28T20:15:00Z. RabbitMQ.Client: RabbitMQ can't be reached. Since 2026-11-28T20:16:00Z.")]
    [InlineData(503, """{"status":"unhealthy","problems":{"PostgreSql":{"why":"PostgreSQL can't be reached.","since":"2026-11-28T20:15:00Z"}}}""",
        HealthStatus.Unhealthy, "PostgreSql: PostgreSQL can't be reached. Since 2026-11-28T20:15:00Z.")]
    // The gateway's report of all services.
    [InlineData(503, """{"status":"unhealthy","services":{"links":"unhealthy"},"problems":{"links":{"service":{"why":"The service can't be reached.","since":"2026-11-28T20:15:00Z"}}}}""",
        HealthStatus.Unhealthy, "links, service: The service can't be reached. Since 2026-11-28T20:15:00Z.")]
    // Redirect's to strangers.
    [InlineData(200, """{"status":"degraded"}""", HealthStatus.Degraded, null)]
    [InlineData(503, "", HealthStatus.Unhealthy, "Its /health has no report.")]
    [InlineData(200, "<html>", HealthStatus.Unhealthy, "Its /health has no report.")]
    public async Task Status_and_problems_are_those_that_the_service_reports(int code, string report, HealthStatus status, string? description)
    {
        using var ports = new Ports();
        var address = $"http://127.0.0.1:{ports.Free()}/";
        using var service = new HttpListener { Prefixes = { address } };
        service.Start();
        var check = CheckAsync(address);
        var context = await service.GetContextAsync();
        context.Request.Url!.AbsolutePath.ShouldBe("/health");
        // What InternalKey.ProxyKey of ServiceDefaults is for this key; never the key itself.
        context.Request.Headers["X-Proxy-Key"].ShouldBe("180ed7f436b208e3ab2b3572f086f0ab16a3f6744ca5cb5a9709feb2a3b4ca9c");
        context.Request.Headers["X-Internal-Key"].ShouldBeNull();
        context.Response.StatusCode = code;
        context.Response.Close(Encoding.UTF8.GetBytes(report), willBlock: true);

        var result = await check;
        result.Status.ShouldBe(status);
        result.Description.ShouldBe(description);
        result.Exception.ShouldBeNull("a stack trace is no message for people");
    }

    [Fact]
    public async Task A_service_that_is_degraded_for_days_is_not_asked_each_second()
    {
        using var ports = new Ports();
        var address = $"http://127.0.0.1:{ports.Free()}/";
        using var service = new HttpListener { Prefixes = { address } };
        service.Start();
        var time = new FakeTimeProvider();
        var check = new ServiceHealthCheck(() => new Uri(address), _ => ValueTask.FromResult<string?>(Key), time);
        var first = check.CheckHealthAsync(new HealthCheckContext());
        (await service.GetContextAsync()).Response.Close("""{"status":"degraded"}"""u8.ToArray(), willBlock: true);
        (await first).Status.ShouldBe(HealthStatus.Degraded);
        service.Stop();
        time.Advance(TimeSpan.FromSeconds(4));
        (await check.CheckHealthAsync(new HealthCheckContext())).Status.ShouldBe(HealthStatus.Degraded);
        time.Advance(TimeSpan.FromSeconds(1));
        (await check.CheckHealthAsync(new HealthCheckContext())).Status.ShouldBe(HealthStatus.Unhealthy);
    }

    [Fact]
    public async Task A_service_that_is_gone_is_unhealthy_in_one_sentence()
    {
        using var ports = new Ports();
        var result = await CheckAsync($"http://127.0.0.1:{ports.Free()}/");
        result.Status.ShouldBe(HealthStatus.Unhealthy);
        result.Description.ShouldBe("It can't be reached.");
    }

    [Fact]
    public async Task What_waits_for_a_service_starts_when_that_is_degraded_and_the_state_file_has_the_reason()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var checks = 0;
        await using var model = await RunningModel.StartAsync<Projects.LinkShort_TestServers>(
            ["--ONLY=none", "--LINKSHORT_TEMPORARY=false", "--LINKSHORT_DASHBOARD_PORT=0"],
            builder =>
            {
                builder.Services.AddHealthChecks().AddCheck("service_health", () =>
                    Interlocked.Increment(ref checks) <= 3 ? HealthCheckResult.Unhealthy("It can't be reached.") : HealthCheckResult.Degraded("spool: \"Clicks\" wait."));
                var service = builder.AddExecutable("service", "sleep", "/", "600").WithHealthCheck("service_health").WithAnnotation(new ServiceHealthAnnotation());
                builder.AddExecutable("dependent", "sleep", "/", "600").WaitFor(service);
            },
            ["dependent"],
            limit.Token);

        checks.ShouldBeGreaterThan(3, "It waited until the service was more than unhealthy.");
        var state = Path.Combine(model.DataDirectory, "apphost.json");
        await Eventually.BecomesAsync(
            () => File.ReadAllTextAsync(state), text => text.Contains("spool: 'Clicks' wait.\"", StringComparison.Ordinal) && text.Contains("\"dependent Executable Running healthy", StringComparison.Ordinal));
        (await File.ReadAllTextAsync(state)).ShouldMatch("\"service Executable Running degraded 0 \\d+ - spool: 'Clicks' wait\\.\"");
    }

    private static Task<HealthCheckResult> CheckAsync(string address) =>
        new ServiceHealthCheck(() => new Uri(address), _ => ValueTask.FromResult<string?>(Key), TimeProvider.System).CheckHealthAsync(new HealthCheckContext());
}
