using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LinkShort.Analytics.PlanRetention;
using LinkShort.Analytics.Storage;
using LinkShort.ServiceDefaults.Data;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace LinkShort.Analytics.Tests;

/// <summary>Raw clicks are kept for two years and dropped by month.</summary>
public sealed class RetentionTests(AnalyticsFixture fixture)
{
    private static readonly DateTime Now = TimeProvider.System.GetUtcNow().UtcDateTime;

    private static readonly DateTime[] OldMonths = [Now.AddDays(-860), Now.AddDays(-800)];

    [Fact]
    public async Task Old_clicks_are_dropped_one_month_at_a_time_and_rollups_remain()
    {
        await using var service = await StartAsync();
        var link = await service.KnownLinkAsync();
        await service.RecordAsync(Clicks.Of(link));
        await service.CountedAsync(link.Workspace, link.Link, 1);
        await PlantAsync(service, OldMonths[0]);
        var partitions = service.Services.GetRequiredService<ClickPartitions>();
        (await OldMonthsAsync(service)).ShouldBe(2);

        await Task.WhenAll(partitions.DropOldestAsync(CancellationToken.None), partitions.DropOldestAsync(CancellationToken.None));
        (await OldMonthsAsync(service)).ShouldBe(1);
        (await service.RowAsync("select to_regclass($1)::text", Name(OldMonths[0]))).ShouldBe(DBNull.Value);
        await partitions.DropOldestAsync(CancellationToken.None);
        (await OldMonthsAsync(service)).ShouldBe(1, "one month per interval");
        await service.RowAsync("update raw_clicks set dropped_at = dropped_at - interval '6 hours'");
        await partitions.DropOldestAsync(CancellationToken.None);
        (await OldMonthsAsync(service)).ShouldBe(0);

        (await service.AnalyticsAsync(link.Workspace, link.Link)).Totals.Clicks.ShouldBe(1);
    }

    [Fact]
    public async Task A_late_click_of_a_dropped_month_is_stored_by_a_replica_that_did_not_drop_it()
    {
        await using var service = await fixture.StartAnotherAsync(("Analytics:RawClickRetention", "31.00:00:00"));
        var link = await service.KnownLinkAsync();
        var old = Now.AddDays(-100);
        await service.RecordAsync(Clicks.Of(link), Clicks.Of(link, at: old));
        var query = $"?from={Clicks.Query(old.AddDays(-1))}";
        await service.CountedAsync(link.Workspace, link.Link, 2, query);
        await PartitionsOf(service, TimeProvider.System).DropOldestAsync(CancellationToken.None);
        (await service.RowAsync("select to_regclass($1)::text", Name(old))).ShouldBe(DBNull.Value);

        await service.RecordAsync(Clicks.Of(link, at: old));

        await service.CountedAsync(link.Workspace, link.Link, 3, query);
    }

    [Fact]
    public async Task Without_a_click_that_proves_that_the_time_has_passed_nothing_is_dropped()
    {
        await using var service = await StartAsync();
        var link = await service.KnownLinkAsync();
        // The last click is less than two years after the end of the old months.
        var last = OldMonths[0].AddDays(700);
        await service.RecordAsync(Clicks.Of(link, at: last));
        await service.CountedAsync(link.Workspace, link.Link, 1, $"?from={Clicks.Query(last.AddDays(-1))}");

        await service.Services.GetRequiredService<ClickPartitions>().DropOldestAsync(CancellationToken.None);

        (await OldMonthsAsync(service)).ShouldBe(2);
    }

    [Fact]
    public async Task A_clock_of_the_service_that_jumps_forward_drops_nothing()
    {
        await using var service = await StartAsync();
        var jumped = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddYears(10));
        var partitions = PartitionsOf(service, jumped);
        var month = jumped.GetUtcNow().UtcDateTime;
        // A redirect on the same machine would publish such clicks.
        await partitions.EnsureAsync([month], CancellationToken.None);
        await PlantAsync(service, month);

        await partitions.DropOldestAsync(CancellationToken.None);

        (await OldMonthsAsync(service)).ShouldBe(2);
    }

    [Fact]
    public async Task A_jump_of_all_clocks_drops_nothing_until_it_is_confirmed()
    {
        await using var service = await StartAsync();
        var link = await service.KnownLinkAsync();
        await service.RecordAsync(Clicks.Of(link));
        await service.CountedAsync(link.Workspace, link.Link, 1);
        var partitions = service.Services.GetRequiredService<ClickPartitions>();
        await service.RowAsync("update deletion_clock set seen_at = seen_at - interval '400 days'");

        await partitions.DropOldestAsync(CancellationToken.None);
        await partitions.DropOldestAsync(CancellationToken.None);

        (await OldMonthsAsync(service)).ShouldBe(2);
        using var client = service.AnonymousClient();
        var health = (await client.GetFromJsonAsync<JsonNode>("/health"))!;
        health["problems"]!["deletion clock"]!["why"]!.GetValue<string>().ShouldContain("The clock jumped");
        await service.RowAsync("update deletion_clock set trusted_from = clock_timestamp()");
        await partitions.DropOldestAsync(CancellationToken.None);
        (await OldMonthsAsync(service)).ShouldBe(1);
    }

    /// <summary>Starts a service with two expired months.</summary>
    private async Task<AnalyticsUnderTest> StartAsync()
    {
        var service = await fixture.StartAnotherAsync();
        // Created by the first run of the job; the next one is hours away.
        await Eventually.PassesAsync(async () => (await service.RowAsync("select count(*) from pg_inherits where inhparent = 'clicks'::regclass")).ShouldBe(3L));
        await service.Services.GetRequiredService<ClickPartitions>().EnsureAsync(OldMonths, CancellationToken.None);
        return service;
    }

    private static Task<object?> PlantAsync(AnalyticsUnderTest service, DateTime at) => service.RowAsync(
        """
        insert into clicks (at, workspace_id, link_id, click_id, class, referrer, browser, os, device, language, country, city)
        values ($1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 0, '', '', '', '', '', '', '')
        """, at);

    private static ClickPartitions PartitionsOf(AnalyticsUnderTest service, TimeProvider time)
    {
        var source = service.Services.GetRequiredService<NpgsqlDataSource>();
        return new ClickPartitions(
            source, service.Services.GetRequiredService<ClickLimits>(), new DeletionClock(source, time, NullLogger<DeletionClock>.Instance), service.Services.GetRequiredService<IOptions<AnalyticsOptions>>(),
            time, NullLogger<ClickPartitions>.Instance);
    }

    private static string Name(DateTime month) => $"clicks_{month:yyyy_MM}";

    private static async Task<long> OldMonthsAsync(AnalyticsUnderTest service) => (long)(await service.RowAsync(
        "select count(*) from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'clicks'::regclass and c.relname < $1", Name(Now.AddDays(-730))))!;
}
