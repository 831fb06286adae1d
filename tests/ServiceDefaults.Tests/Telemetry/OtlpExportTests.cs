using System.Diagnostics;
using System.Text;
using LinkShort.ServiceDefaults.Discovery;
using LinkShort.ServiceDefaults.Resilience;
using LinkShort.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Tests.Telemetry;

/// <summary>Activity listeners receive the activities of the whole process, so no other test may run at the same time.</summary>
[CollectionDefinition(nameof(OtlpExportTests), DisableParallelization = true)]
public sealed class AloneInTheProcess;

[Collection(nameof(OtlpExportTests))]
public sealed partial class OtlpExportTests
{
    [Fact]
    public async Task Traces_metrics_and_logs_reach_the_collector_with_the_headers_and_the_services_name()
    {
        await using var collector = await StandIn.StartAsync("");
        await using var downstream = await StandIn.StartAsync("down");
        string address;
        await using (var app = await StartAsync(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.ToString()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-otlp-api-key=secret1"),
            ("OTEL_SERVICE_NAME", "links"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=links-2"),
            ("services:down:http:0", downstream.Address.ToString())))
        {
            address = app.Urls.Single();
            using var client = Outside(address);
            client.DefaultRequestHeaders.UserAgent.ParseAdd("SecretBrowser/1.0");
            client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.77");
            client.DefaultRequestHeaders.Authorization = new("Bearer", "secret-token");
            (await client.GetStringAsync("/call/42?secret=1")).ShouldBe("down");
            (await client.GetStringAsync("/health")).ShouldBe("ok");
            (await client.GetStringAsync("/alive")).ShouldBe("ok");
            await app.StopAsync();
        }

        // No waiting: stopping the service has flushed.
        collector.Requests.ShouldAllBe(request => request.Method == "POST" && request.Headers["x-otlp-api-key"] == "secret1");
        collector.Requests.Select(request => request.Target).Distinct().ShouldBe(["/v1/traces", "/v1/metrics", "/v1/logs"], ignoreOrder: true);
        foreach (var request in collector.Requests)
        {
            var resource = Otlp.Resource(request.Body);
            resource["service.name"].ShouldBe("links");
            resource["service.instance.id"].ShouldBe("links-2");
            resource["deployment.environment.name"].ShouldBe("testing");
        }

        var spans = Bodies(collector, "/v1/traces").SelectMany(Otlp.Spans).ToList();
        var port = new Uri(address).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var server = spans.Where(span => span.Attributes.GetValueOrDefault("server.port") == port && span.Attributes.ContainsKey("url.path")).ShouldHaveSingleItem("health probes stay out");
        server.Name.ShouldBe("GET /call/{id}");
        server.Attributes["http.route"].ShouldBe("/call/{id}");
        server.Attributes["http.response.status_code"].ShouldBe("200");
        spans.ShouldNotContain(span => span.Attributes.GetValueOrDefault("url.path") == "/health" || span.Attributes.GetValueOrDefault("url.path") == "/alive");
        spans.ShouldNotContain(span => span.Name == "inside health", "what happens inside a probe stays out too");
        spans.ShouldNotContain(span => span.Attributes.Values.Any(value => value.Contains("secret", StringComparison.Ordinal)), "query strings are redacted");

        spans.ShouldAllBe(span => !span.Attributes.Keys.Any(key => key == "url.query" || key == "user_agent.original" || key == "client.address" || key == "network.peer.address"));

        // W3C trace context: the call to the other service carries the id of its client span, a child of the server's.
        var traceparent = downstream.Requests.Single().Headers["traceparent"].Split('-');
        traceparent[1].ShouldBe(server.TraceId);
        spans.Single(span => span.Id == traceparent[2]).ParentId.ShouldBe(server.Id);

        var metrics = Bodies(collector, "/v1/metrics").SelectMany(Otlp.MetricNames).ToHashSet();
        metrics.ShouldContain("http.server.request.duration");
        metrics.ShouldContain("kestrel.connection.duration");
        metrics.ShouldContain("http.client.request.duration");
        metrics.ShouldContain(name => name.StartsWith("dotnet.", StringComparison.Ordinal));

        var logs = Bodies(collector, "/v1/logs").SelectMany(Otlp.Logs).ToList();
        logs.ShouldContain(log => log.Body == "Called with 42" && log.TraceId == server.TraceId);
        logs.ShouldContain(log => log.Body == "Said while stopping");
    }

    [Fact]
    public async Task A_failed_request_is_a_span_with_an_error_and_without_the_path_in_its_name()
    {
        await using var collector = await StandIn.StartAsync("");
        await using (var app = await StartAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.ToString()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")))
        {
            using var client = Outside(app.Urls.Single());
            using var failed = await client.GetAsync("/fails");
            using var missing = await client.GetAsync("/no/such/thing");
            await app.StopAsync();
        }

        var spans = Bodies(collector, "/v1/traces").SelectMany(Otlp.Spans).ToList();
        var failure = spans.Single(span => span.Name == "GET /fails");
        failure.Attributes["error.type"].ShouldBe(typeof(InvalidTimeZoneException).FullName);
        failure.Attributes["http.response.status_code"].ShouldBe("500");
        var missed = spans.Single(span => span.Attributes.GetValueOrDefault("url.path") == "/no/such/thing");
        missed.Name.ShouldBe("GET");
        missed.Attributes["http.response.status_code"].ShouldBe("404");
        missed.Attributes.Keys.ShouldNotContain("error.type");
        // Otherwise there would be a time series per short link.
        Bodies(collector, "/v1/metrics").ShouldAllBe(body => !Encoding.UTF8.GetString(body).Contains("no/such", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_call_that_nothing_caused_is_not_traced_and_one_within_a_request_is()
    {
        await using var collector = await StandIn.StartAsync("");
        await using var downstream = await StandIn.StartAsync("down");
        await using (var app = await StartAsync(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.ToString()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            // As Aspire sets it for development.
            ("OTEL_TRACES_SAMPLER", "always_on"), ("services:down:http:0", downstream.Address.ToString())))
        {
            // A poll, without a request, message or job.
            using (var polling = app.Services.GetRequiredService<IHttpClientFactory>().CreateClient())
            {
                await polling.GetStringAsync(new Uri(downstream.Address, "/polled?secret=1"));
            }

            using var client = Outside(app.Urls.Single());
            await client.GetStringAsync("/call/1");
            await client.GetStringAsync("/health");
            await app.StopAsync();
        }

        var spans = Bodies(collector, "/v1/traces").SelectMany(Otlp.Spans).ToList();
        spans.ShouldNotContain(span => span.Attributes.GetValueOrDefault("url.full", "").Contains("/polled", StringComparison.Ordinal));
        spans.ShouldContain(span => span.Attributes.GetValueOrDefault("url.full") == downstream.Address.ToString());
        spans.ShouldContain(span => span.Name == "GET /call/{id}");
        spans.ShouldNotContain(span => span.Name == "inside health");
    }

    [Fact]
    public async Task Grpc_is_the_default_protocol_and_works()
    {
        await using var collector = await StandIn.StartAsync(
            context =>
            {
                context.Response.ContentType = "application/grpc";
                context.Response.AppendTrailer("grpc-status", "0");
                return Task.CompletedTask;
            },
            protocols: HttpProtocols.Http2);
        await using (var app = await StartAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.ToString()), ("OTEL_EXPORTER_OTLP_HEADERS", "x-otlp-api-key=secret2")))
        {
            using var client = Outside(app.Urls.Single());
            await client.GetStringAsync("/plain");
            await app.StopAsync();
        }

        collector.Requests.ShouldContain(request => request.Target == "/opentelemetry.proto.collector.trace.v1.TraceService/Export");
        collector.Requests.ShouldContain(request => request.Target == "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export");
        collector.Requests.ShouldContain(request => request.Target == "/opentelemetry.proto.collector.logs.v1.LogsService/Export");
        collector.Requests.ShouldAllBe(request => request.Headers["x-otlp-api-key"] == "secret2");
    }

    [Fact]
    public async Task Without_a_name_in_the_environment_the_name_is_the_applications()
    {
        await using var collector = await StandIn.StartAsync("");
        await using (var app = await StartAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.ToString()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")))
        {
            await app.StopAsync();
        }

        collector.Requests.ShouldNotBeEmpty();
        var resource = Otlp.Resource(collector.Requests.First().Body);
        resource["service.name"].ShouldBe("LinkShort.Tested");
        resource["service.instance.id"].ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Without_an_endpoint_nothing_is_registered_and_no_span_is_recorded()
    {
        await using var app = await StartAsync();
        using var client = Outside(app.Urls.Single());

        (await client.GetStringAsync("/recorded")).ShouldBe("false");
        app.Services.GetServices<IHostedService>().ShouldNotContain(service => service is TelemetryShutdown || service.GetType().Namespace!.StartsWith("OpenTelemetry", StringComparison.Ordinal));
        app.Services.GetServices<ILoggerProvider>().ShouldNotContain(provider => provider.GetType().Namespace!.StartsWith("OpenTelemetry", StringComparison.Ordinal));
        await app.StopAsync();
    }

    [Fact]
    public async Task A_collector_that_is_down_does_not_hold_up_requests_or_the_stop()
    {
        var app = await StartAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", StandIn.Refusing().ToString()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        using (var client = Outside(app.Urls.Single()))
        {
            (await client.GetStringAsync("/recorded")).ShouldBe("true");
        }

        var stopping = Stopwatch.StartNew();
        await app.StopAsync();
        await app.DisposeAsync();
        stopping.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(12));
    }

    [Fact]
    public async Task A_collector_that_never_answers_does_not_hold_up_the_stop()
    {
        using var over = new CancellationTokenSource();
        await using var collector = await StandIn.StartAsync(
            async _ => await Task.Delay(Timeout.Infinite, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing));
        var app = await StartAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.ToString()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        using (var client = Outside(app.Urls.Single()))
        {
            await client.GetStringAsync("/plain");
        }

        var stopping = Stopwatch.StartNew();
        await app.StopAsync();
        await app.DisposeAsync();

        // Two seconds for all signals together, because they are shut down concurrently; the packages alone take five seconds for each.
        stopping.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        await over.CancelAsync();
    }

    [Fact]
    public async Task The_SDK_can_be_switched_off_although_there_is_a_collector()
    {
        await using var collector = await StandIn.StartAsync("");
        await using (var app = await StartAsync(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.ToString()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_SDK_DISABLED", "true")))
        {
            using var client = Outside(app.Urls.Single());
            (await client.GetStringAsync("/recorded")).ShouldBe("false");
            await app.StopAsync();
        }

        collector.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "not an address")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]
    public async Task An_unusable_setting_stops_the_start_with_its_key(string key, string value)
    {
        var error = await Should.ThrowAsync<InvalidOperationException>(async () =>
        {
            await using var app = await StartAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317"), (key, value));
        });

        error.Message.ShouldStartWith($"{key} is '{value}'");
    }

    /// <summary>Like a client in another process: without spans, and without trace context in its requests.</summary>
    private static HttpClient Outside(string address) =>
        new(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { BaseAddress = new Uri(address) };

    private static IEnumerable<byte[]> Bodies(StandIn collector, string target) =>
        collector.Requests.Where(request => request.Target == target).Select(request => request.Body);

    private static async Task<WebApplication> StartAsync(params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "LinkShort.Tested", EnvironmentName = "Testing" });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        foreach (var (key, value) in settings)
        {
            builder.Configuration[key] = value;
        }

        builder.AddTelemetry();
        builder.AddServiceDiscovery();
        builder.AddHttpResilience();
        builder.Services.AddHttpClient();
        builder.Services.AddHostedService<LogsAtStop>();
        var app = builder.Build();
        app.MapGet("/health", () =>
        {
            using var inside = Source.StartActivity("inside health");
            return "ok";
        });
        app.MapGet("/alive", () => "ok");
        app.MapGet("/plain", () => "ok");
        app.MapGet("/fails", string () => throw new InvalidTimeZoneException("on purpose"));
        app.MapGet("/recorded", () => Activity.Current?.Recorded ?? false);
        app.MapGet("/call/{id}", async (string id, IHttpClientFactory clients, ILogger<OtlpExportTests> logger) =>
        {
            Log.Called(logger, id);
            using var client = clients.CreateClient();
            return await client.GetStringAsync("https+http://down/");
        });
        await app.StartAsync();
        return app;
    }

    private static readonly ActivitySource Source = new("LinkShort.Tests");

    private sealed class LogsAtStop(ILogger<LogsAtStop> logger) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            Log.Stopping(logger);
            return Task.CompletedTask;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Called with {Id}")]
        public static partial void Called(ILogger logger, string id);

        [LoggerMessage(LogLevel.Information, "Said while stopping")]
        public static partial void Stopping(ILogger logger);
    }
}
