using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LinkShort.Testing;
using Npgsql;

namespace LinkShort.Analytics.Tests;

/// <summary>A batch that can't be added to totals and rollups.</summary>
public sealed class ParkedBatchTests(AnalyticsFixture fixture)
{
    [Fact]
    public async Task A_batch_that_cannot_be_read_is_parked_the_others_count_and_a_rebuild_counts_it_once()
    {
        await using var service = await fixture.StartAnotherAsync();
        using var parked = service.Collect<long>("linkshort.analytics.batches.parked");
        var link = await service.KnownLinkAsync();
        await using (await HeldRollups.HoldAsync(service))
        {
            for (var batch = 1; batch <= 5; batch++)
            {
                await service.RecordPackedAsync(Clicks.Of(link, visitor: batch), Clicks.Of(link, visitor: batch));
            }

            await Eventually.PassesAsync(async () => (await service.RowAsync("select count(*) from clicks")).ShouldBe(10L));
            await service.RowAsync("update unrolled_batches set packed = '\\x00ff' where position = (select min(position) from unrolled_batches)");
        }

        await Eventually.PassesAsync(async () => (await service.RowAsync("select clicks from totals where link_id = $1", link.Link)).ShouldBe(8L));
        (await service.RowAsync("select parked_because from unrolled_batches")).ShouldBe("Not a batch of clicks, or of a later version.");
        parked.Sum().ShouldBe(1);
        await Eventually.PassesAsync(async () => (await HealthAsync(service)).ShouldBe(
            ("degraded", "One batch of clicks is parked and not in the statistics: rebuild the rollups to count it.")));
        await service.RecordPackedAsync(Clicks.Of(link, visitor: 6));
        await Eventually.PassesAsync(async () => (await service.RowAsync("select clicks from totals where link_id = $1", link.Link)).ShouldBe(9L));

        await RebuiltAsync(service);

        var counted = await service.AnalyticsAsync(link.Workspace, link.Link);
        (counted.Totals.Clicks, counted.Totals.Visitors).ShouldBe((11, 6));
        (await service.RowAsync("select clicks from totals where link_id = $1", link.Link)).ShouldBe(11L);
        (await service.RowAsync("select count(*) from unrolled_batches")).ShouldBe(0L);
        await Eventually.PassesAsync(async () => (await HealthAsync(service)).ShouldBe(("healthy", null)));
    }

    [Fact]
    public async Task A_batch_parked_during_a_rebuild_stays_until_the_next_one()
    {
        await using var service = await fixture.StartAnotherAsync();
        var link = await service.KnownLinkAsync();
        await using (await HeldRollups.HoldAsync(service))
        {
            await service.RecordPackedAsync(Clicks.Of(link));
            await Eventually.PassesAsync(async () => (await service.RowAsync("select count(*) from clicks")).ShouldBe(1L));
            await service.RowAsync("update unrolled_batches set packed = '\\x00ff'");
            // The rebuild starts before the batch is parked.
            await RequestRebuildAsync(service);
        }

        await FinishedAsync(service);
        (await service.RowAsync("select count(*) from unrolled_batches where parked_at is not null")).ShouldBe(1L);

        await RebuiltAsync(service);

        (await service.RowAsync("select count(*) from unrolled_batches")).ShouldBe(0L);
        (await service.RowAsync("select clicks from totals where link_id = $1", link.Link)).ShouldBe(1L);
    }

    [Fact]
    public async Task An_unreadable_rollup_delays_no_other_link_and_a_rebuild_repairs_it()
    {
        await using var service = await fixture.StartAnotherAsync();
        var (damaged, sound) = (await service.KnownLinkAsync(), await service.KnownLinkAsync());
        await service.RecordPackedAsync(Clicks.Of(damaged));
        await Eventually.PassesAsync(async () => (await service.RowAsync("select clicks from totals where link_id = $1", damaged.Link)).ShouldBe(1L));
        await service.RowAsync("update rollups set visitors = '\\x07' where link_id = $1", damaged.Link);

        await service.RecordPackedAsync(Clicks.Of(damaged));
        await service.RecordPackedAsync(Clicks.Of(sound));

        await Eventually.PassesAsync(async () => (await service.RowAsync("select clicks from totals where link_id = $1", sound.Link)).ShouldBe(1L));
        await Eventually.PassesAsync(async () => (await service.RowAsync("select count(*) from unrolled_batches where parked_at is not null")).ShouldBe(1L));
        await RebuiltAsync(service);
        (await service.RowAsync("select clicks from totals where link_id = $1", damaged.Link)).ShouldBe(2L);
        (await service.AnalyticsAsync(damaged.Workspace, damaged.Link)).Totals.Clicks.ShouldBe(2);
    }

    [Fact]
    public async Task Clicks_that_wait_too_long_for_the_rollups_degrade_health()
    {
        await using var service = await fixture.StartAnotherAsync();
        var link = await service.KnownLinkAsync();
        await using (await HeldRollups.HoldAsync(service))
        {
            await service.RecordPackedAsync(Clicks.Of(link), Clicks.Of(link));
            await Eventually.PassesAsync(async () => (await service.RowAsync("select sum(clicks)::bigint from unrolled_batches")).ShouldBe(2L));
            (await HealthAsync(service)).State.ShouldBe("healthy");
            await service.RowAsync("update unrolled_batches set received_at = '2026-11-02 14:03Z'");

            await Eventually.PassesAsync(async () => (await HealthAsync(service)).ShouldBe(
                ("degraded", "2 clicks wait to be counted in the statistics, the oldest since 2026-11-02 14:03 UTC.")));
        }

        await Eventually.PassesAsync(async () => (await HealthAsync(service)).ShouldBe(("healthy", null)));
    }

    private static async Task<(string State, string? Why)> HealthAsync(AnalyticsUnderTest service)
    {
        using var client = service.AnonymousClient();
        var health = (await client.GetFromJsonAsync<JsonNode>("/health"))!;
        return (health["checks"]!["rollups"]!.GetValue<string>(), health["problems"]?["rollups"]?["why"]!.GetValue<string>());
    }

    private static async Task RebuiltAsync(AnalyticsUnderTest service)
    {
        await RequestRebuildAsync(service);
        await FinishedAsync(service);
    }

    private static async Task RequestRebuildAsync(AnalyticsUnderTest service)
    {
        using var client = service.AnonymousClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/rollups/rebuild");
        request.Headers.Add(ServiceDefaults.Auth.InternalKey.Header, Servers.InternalKey);
        using var response = await client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    private static Task FinishedAsync(AnalyticsUnderTest service) =>
        Eventually.PassesAsync(async () => (await service.RowAsync("select running from rollup_rebuild")).ShouldBe(false), TimeSpan.FromSeconds(60));

    /// <summary>Holds the lock of the rollups, as another replica would, until it is disposed.</summary>
    private sealed class HeldRollups(NpgsqlDataSource source, NpgsqlConnection connection) : IAsyncDisposable
    {
        public static async Task<HeldRollups> HoldAsync(AnalyticsUnderTest service)
        {
            var source = NpgsqlDataSource.Create(service.ConnectionString + ";Pooling=false;Application Name=test");
            var connection = await source.OpenConnectionAsync();
            await using var hold = new NpgsqlCommand("select pg_advisory_lock(hashtext('rollups'))", connection);
            await hold.ExecuteNonQueryAsync();
            return new HeldRollups(source, connection);
        }

        public async ValueTask DisposeAsync()
        {
            await connection.DisposeAsync();
            await source.DisposeAsync();
        }
    }
}
