using LinkShort.Testing;
using Npgsql;

namespace LinkShort.Analytics.Tests;

public sealed class TraceTests(AnalyticsFixture fixture)
{
    [Fact]
    public async Task A_batch_of_clicks_is_one_trace_from_the_message_to_its_rollup_and_the_published_totals()
    {
        await using var service = await fixture.StartAnotherAsync();
        var link = await service.KnownLinkAsync();
        using var trace = new RecordedTrace();

        await service.RecordPackedAsync(Clicks.Of(link), Clicks.Of(link, visitor: 2));

        var stored = await trace.SpanAsync("store clicks");
        await trace.DescendsAsync(stored, trace.Root);
        var rolled = await trace.SpanAsync("roll up clicks");
        await trace.DescendsAsync(rolled, trace.Root);
        rolled.GetTagItem("linkshort.clicks").ShouldBe(2);
        rolled.Links.ShouldBeEmpty();
        var published = await trace.SpanAsync("outbox publish");
        published.GetTagItem("messaging.destination.name").ShouldBe("ClickTotalsChanged");
        await trace.DescendsAsync(published, rolled);
    }

    [Fact]
    public async Task A_rollup_of_several_batches_continues_the_first_ones_trace_and_links_to_the_others()
    {
        await using var service = await fixture.StartAnotherAsync();
        var link = await service.KnownLinkAsync();
        // Holds the rollups' lock, so that nothing is rolled up: see Roller.
        await using var source = NpgsqlDataSource.Create(service.ConnectionString + ";Pooling=false;Application Name=test");
        await using var other = await source.OpenConnectionAsync();
        await ExecuteAsync(other, "select pg_advisory_lock(hashtext('rollups'))");
        using var first = new RecordedTrace();
        await service.RecordPackedAsync(Clicks.Of(link));
        await BatchesBecomeAsync(service, 1);
        using var second = new RecordedTrace();
        await service.RecordPackedAsync(Clicks.Of(link, visitor: 2));
        await BatchesBecomeAsync(service, 2);

        await ExecuteAsync(other, "select pg_advisory_unlock(hashtext('rollups'))");

        var rolled = await first.SpanAsync("roll up clicks");
        await first.DescendsAsync(rolled, first.Root);
        rolled.GetTagItem("linkshort.clicks").ShouldBe(2);
        rolled.Links.ShouldHaveSingleItem().Context.TraceId.ShouldBe(second.Root.TraceId);
        (await second.SpanAsync("roll up clicks")).ShouldBeSameAs(rolled);
    }

    [Fact]
    public async Task Clicks_without_tracing_have_no_trace_parent()
    {
        await using var service = await fixture.StartAnotherAsync();
        var link = await service.KnownLinkAsync();
        await using var source = NpgsqlDataSource.Create(service.ConnectionString + ";Pooling=false;Application Name=test");
        await using var other = await source.OpenConnectionAsync();
        await ExecuteAsync(other, "select pg_advisory_lock(hashtext('rollups'))");

        await service.RecordPackedAsync(Clicks.Of(link));

        await BatchesBecomeAsync(service, 1);
        (await service.RowAsync("select count(*) from unrolled_batches where trace_parent is null")).ShouldBe(1L);
    }

    private static Task BatchesBecomeAsync(AnalyticsUnderTest service, long count) =>
        Eventually.PassesAsync(async () => (await service.RowAsync("select count(*) from unrolled_batches")).ShouldBe(count));

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
