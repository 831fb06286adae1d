using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using LinkShort.Testing;

namespace LinkShort.Links.Tests;

public sealed class TraceTests(LinksFixture fixture)
{
    [Fact]
    public async Task Creating_a_link_is_one_trace_from_the_gateways_request_to_the_message_that_others_receive()
    {
        using var client = fixture.Links.ClientOf();
        using var trace = new RecordedTrace();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/links") { Content = JsonContent.Create(new { url = "https://example.com/traced" }) };
        // As forwarded by the gateway.
        request.Headers.Add("traceparent", trace.TraceParent);

        using var response = await client.Http.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        // Excludes identity's spans, which a request for its keys may create: the stand-in runs in this process, too.
        var handled = (await Eventually.BecomesAsync(
            () => Task.FromResult(trace.Spans.FirstOrDefault(span => span.Kind == ActivityKind.Server && span.ParentSpanId == trace.Root.SpanId)), span => span is not null))!;
        var published = await Eventually.BecomesAsync(
            () => Task.FromResult(trace.Spans.FirstOrDefault(span => (string?)span.GetTagItem("messaging.destination.name") == "LinkChanged" && span.DisplayName == "outbox publish")),
            span => span is not null);
        await trace.DescendsAsync(published!, handled);
        // A subscriber on the broker.
        var received = await Eventually.BecomesAsync(
            () => Task.FromResult(trace.Spans.FirstOrDefault(span => span.Kind == ActivityKind.Consumer && span.Source.Name == "MassTransit")), span => span is not null);
        await trace.DescendsAsync(received!, handled);
    }
}
