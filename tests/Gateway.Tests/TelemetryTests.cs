using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Gateway.Tests;

public sealed class TelemetryTests(ServersAndIssuer shared)
{
    [Fact]
    public async Task Refusals_exchanges_and_failures_are_counted()
    {
        await using var stage = await Stage.StartAsync(shared, settings:
        [
            ("RateLimits:CreateLink:PermitLimit", "1"), ("services:redirect:http:0", "http://127.0.0.1:9"),
        ]);
        stage["identity"].Answer = ApiKeyTests.Issue(stage, shared.Issuer);
        var counted = new ConcurrentDictionary<string, long>();
        using var listener = Listen(stage.Inside.GetRequiredService<IMeterFactory>(), counted);
        var token = shared.Issuer.Token();

        for (var i = 0; i < 3; i++)
        {
            using var created = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Post, "/api/v1/links", token));
            using var read = await stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", ApiKeyTests.Key));
            using var followed = await stage.Gateway.GetAsync(new Uri("/abc", UriKind.Relative));
        }

        counted.ShouldBe(
            new Dictionary<string, long>
            {
                ["linkshort.gateway.rate_limited policy=createLink"] = 2,
                ["linkshort.gateway.api_keys outcome=exchanged"] = 1,
                ["linkshort.gateway.api_keys outcome=cached"] = 2,
                ["linkshort.gateway.unreachable service=redirect"] = 3,
                ["linkshort.gateway.failed service=redirect http.response.status_code=503"] = 3,
            },
            ignoreOrder: true);
    }

    [Fact]
    public async Task A_traced_request_is_one_trace_through_the_gateway_to_the_service()
    {
        await using var stage = await Stage.StartAsync(shared);
        using var trace = new RecordedTrace();
        using var request = Stage.WithToken(HttpMethod.Post, "/api/v1/links", shared.Issuer.Token());
        request.Headers.Add("traceparent", trace.TraceParent);

        using var response = await stage.Gateway.SendAsync(request);

        var handed = stage["links"].Requests.Single(received => received.Target == "/api/v1/links").Headers["traceparent"].Split('-');
        handed[1].ShouldBe(trace.Root.TraceId.ToString());
        handed[3].ShouldBe("01");
        var outgoing = await Eventually.BecomesAsync(
            () => Task.FromResult(trace.Spans.FirstOrDefault(span => span.SpanId.ToString() == handed[2])), span => span is not null);
        // Stand-ins create spans too, as children of the gateway's calls.
        var server = await Eventually.BecomesAsync(
            () => Task.FromResult(trace.Spans.FirstOrDefault(span => span.Kind == ActivityKind.Server && span.ParentSpanId == trace.Root.SpanId)), span => span is not null);
        await trace.DescendsAsync(outgoing!, server!);
    }

    /// <summary>Only this gateway's instruments: other gateways in this process have their own factories.</summary>
    private static MeterListener Listen(IMeterFactory factory, ConcurrentDictionary<string, long> counted)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "LinkShort.Gateway" && ReferenceEquals(instrument.Meter.Scope, factory))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, measurement, tags, _) =>
        {
            var name = string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}").Prepend(instrument.Name));
            counted.AddOrUpdate(name, measurement, (_, before) => before + measurement);
        });
        listener.Start();
        return listener;
    }
}
