using System.Diagnostics;
using LinkShort.ServiceDefaults.Redis;
using LinkShort.Testing;
using Microsoft.AspNetCore.Builder;
using OpenTelemetry.Trace;
using StackExchange.Redis;

namespace LinkShort.ServiceDefaults.Tests.Telemetry;

[Collection(nameof(OtlpExportTests))]
public sealed class RedisTracingTests(ServersFixture fixture)
{
    [Fact]
    public async Task Commands_of_a_sampled_request_have_spans_without_keys_and_no_others_do()
    {
        await using var collector = await StandIn.StartAsync("");
        await using var service = await TestedService.StartAsync(
            map: app => app.MapGet("/values/{key}", async (string key, IConnectionMultiplexer redis) => (string?)await redis.GetDatabase().StringGetAsync(key) ?? "none").AllowAnonymous(),
            configure: builder => builder.AddRedisClient("cache"),
            settings:
            [
                ("ConnectionStrings:cache", await fixture.Servers.NextRedisDatabaseAsync()),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address.ToString()),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ]);
        // First those that must have no spans: these would have arrived before the last one.
        Activity.Current = null;
        await service.Get<IConnectionMultiplexer>().GetDatabase().StringGetAsync("outside");
        (await GetAsync("/values/unsampled-secret", sampled: false)).ShouldBe("none");
        (await GetAsync("/values/sampled-secret", sampled: true)).ShouldBe("none");

        var span = await Eventually.BecomesAsync(
            () =>
            {
                service.Get<TracerProvider>().ForceFlush();
                return Task.FromResult(Spans().FirstOrDefault(span => span.Attributes.GetValueOrDefault("db.system") == "redis"));
            },
            span => span is not null);
        span!.Name.ShouldBe("GET");
        var server = Spans().Single(span => span.Name.StartsWith("GET /values", StringComparison.Ordinal));
        (span.TraceId, span.ParentId).ShouldBe((server.TraceId, server.Id));
        Spans().Count(span => span.Attributes.ContainsKey("db.system")).ShouldBe(1);
        span.Attributes.Values.ShouldAllBe(value => !value.Contains("secret", StringComparison.Ordinal));

        IEnumerable<Otlp.Span> Spans() => collector.Requests.Where(request => request.Target == "/v1/traces").SelectMany(request => Otlp.Spans(request.Body));

        async Task<string> GetAsync(string path, bool sampled)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(service.Client.BaseAddress!, path));
            request.Headers.Add("traceparent", $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-0{(sampled ? 1 : 0)}");
            using var client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });
            using var response = await client.SendAsync(request);
            return await response.Content.ReadAsStringAsync();
        }
    }
}
