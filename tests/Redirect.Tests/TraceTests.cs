using System.Diagnostics;
using System.Globalization;
using LinkShort.Redirect.Clicks;
using LinkShort.ServiceDefaults.Telemetry;
using LinkShort.Testing;
using Microsoft.AspNetCore.Http;

namespace LinkShort.Redirect.Tests;

public sealed class TraceTests(ServersFixture fixture)
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_change_of_a_link_is_traced_into_the_read_model_and_on_to_each_replica()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        await installation.AddReplicaAsync();
        using var trace = new RecordedTrace();

        await installation.CreateAsync(Installation.Link(Installation.NewCode()));

        var written = await Eventually.BecomesAsync(
            () => Task.FromResult(trace.Spans.FirstOrDefault(span => Statement(span).Contains("insert into routes", StringComparison.Ordinal))), span => span is not null);
        await trace.DescendsAsync(written!, trace.Root);
        // The message that updates the replicas' memory follows the one that changed the read model.
        await Eventually.BecomesAsync(
            () => Task.FromResult(trace.Spans.Count(span => span.Kind == ActivityKind.Consumer && span.Source.Name == "MassTransit")), count => count >= 2);
    }

    [Fact]
    public async Task A_batch_has_a_trace_of_its_own_that_links_to_its_visits_and_that_analytics_continues()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
        // Now in memory, so the visit below takes the fast path, which creates no span.
        await replica.FollowAsync(link.Code);
        await installation.ClicksBecomeAsync(1);
        using var trace = new RecordedTrace();

        (await replica.FollowAsync(link.Code)).ShouldBe(link.Destination);

        var batch = await trace.SpanAsync("publish clicks");
        batch.Kind.ShouldBe(ActivityKind.Producer);
        batch.ParentSpanId.ShouldBe(default(ActivitySpanId));
        batch.TraceId.ShouldNotBe(trace.Root.TraceId);
        batch.GetTagItem("linkshort.clicks").ShouldBe(1);
        batch.Links.ShouldHaveSingleItem().Context.TraceId.ShouldBe(trace.Root.TraceId);
        var received = await Eventually.BecomesAsync(
            () => Task.FromResult(trace.Spans.FirstOrDefault(span => span.TraceId == batch.TraceId && span.Kind == ActivityKind.Consumer)), span => span is not null);
        await trace.DescendsAsync(received!, batch);
        trace.Spans.ShouldNotContain(span => span.DisplayName.Contains(link.Code, StringComparison.Ordinal), "a code must not be in a span's name");
    }

    [Fact]
    public void Visits_without_a_recorded_trace_are_not_remembered()
    {
        var traces = new ClickTraces();
        traces.Visited(Headers(1, "01"), Now);
        Taken(traces, Now).ShouldBeEmpty("there is no listener");

        using var trace = new RecordedTrace();
        foreach (var parent in new[] { "", "nonsense", Parent(1, "00"), Parent(1, "01") + "x", new string('0', 52) + "-01" + "1" })
        {
            traces.Visited(new HeaderDictionary { ["traceparent"] = parent }, Now);
        }

        traces.Visited(new HeaderDictionary(), Now);
        traces.Visited(new HeaderDictionary { ["traceparent"] = new string[] { Parent(1, "01"), Parent(2, "01") } }, Now);
        Taken(traces, Now).ShouldBeEmpty();

        traces.Visited(Headers(3, "01"), Now);
        Taken(traces, Now.AddTicks(1)).ShouldBeEmpty("another click's");
        Taken(traces, Now).ShouldBe([Parent(3, "01")]);
        Taken(traces, Now).ShouldBeEmpty("taken before");
    }

    [Fact]
    public void Of_many_visits_the_newest_are_remembered_up_to_the_limit_of_links_per_span()
    {
        using var trace = new RecordedTrace();
        var traces = new ClickTraces();
        for (var i = 1; i <= 1_000; i++)
        {
            traces.Visited(Headers(i, "01"), Now);
        }

        Taken(traces, Now).ShouldBe(Enumerable.Range(1_000 - JoinedTraces.MaxLinks + 1, JoinedTraces.MaxLinks).Select(i => Parent(i, "01")), ignoreOrder: true);
    }

    private static List<string> Taken(ClickTraces traces, DateTimeOffset at)
    {
        List<string>? causes = null;
        traces.Take(at, ref causes);
        return causes ?? [];
    }

    private static HeaderDictionary Headers(int number, string flags) => new() { ["traceparent"] = Parent(number, flags) };

    private static string Parent(int number, string flags) => string.Create(CultureInfo.InvariantCulture, $"00-{number:x32}-{number:x16}-{flags}");

    private static string Statement(Activity span) => (span.GetTagItem("db.query.text") ?? span.GetTagItem("db.statement")) as string ?? "";
}
