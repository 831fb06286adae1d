using System.Diagnostics;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.Testing;

namespace LinkShort.ServiceDefaults.Tests.Messaging;

public sealed class TraceTests(ServersFixture fixture)
{
    [Fact]
    public async Task A_change_its_event_and_what_the_consumer_changes_are_one_trace()
    {
        await using var service = await MessagingService.StartAsync(
            await fixture.Servers.CreateDatabaseAsync("traces"), await fixture.Servers.CreateVirtualHostAsync());
        using var trace = new RecordedTrace();

        await service.CommitAsync(MessagingService.Event("traced"));

        var published = await trace.SpanAsync("outbox publish");
        published.ParentSpanId.ShouldBe(trace.Root.SpanId);
        published.Kind.ShouldBe(ActivityKind.Producer);
        published.GetTagItem("messaging.destination.name").ShouldBe("LinkRemoved");
        // The statement that the consumer ran, under the consumer, under the message, under the relay, under the change.
        var written = (await Eventually.BecomesAsync(
            () => Task.FromResult(trace.Spans.FirstOrDefault(span => Statement(span).StartsWith("insert into things", StringComparison.Ordinal))),
            span => span is not null))!;
        await trace.DescendsAsync(written, published);
        trace.Spans.ShouldContain(span => span.Kind == ActivityKind.Consumer && span.Source.Name == "MassTransit");
    }

    [Fact]
    public async Task The_outbox_keeps_the_vendor_data_of_the_trace()
    {
        await using var service = await MessagingService.StartAsync(
            await fixture.Servers.CreateDatabaseAsync("traces"), await fixture.Servers.CreateVirtualHostAsync());
        using var trace = new RecordedTrace("vendor=value1");
        await using (var work = await service.Get<Database>().BeginAsync(CancellationToken.None))
        {
            await Outbox.WriteAsync(work.Connection, work.Transaction, [MessagingService.Event("traced")], CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }

        var published = await trace.SpanAsync("outbox publish");

        published.TraceStateString.ShouldBe("vendor=value1");
    }

    [Fact]
    public async Task An_untraced_change_leaves_no_trace_in_the_outbox()
    {
        await using var service = await MessagingService.StartAsync(
            await fixture.Servers.CreateDatabaseAsync("traces"), await fixture.Servers.CreateVirtualHostAsync(), relay: false);
        Activity.Current = null;

        await service.CommitAsync(MessagingService.Event("quiet"));

        (await service.QueryAsync<int>("select count(*)::int from outbox where trace_parent is null and trace_state is null")).ShouldBe([1]);
    }

    private static string Statement(Activity span) => (span.GetTagItem("db.query.text") ?? span.GetTagItem("db.statement")) as string ?? "";
}
