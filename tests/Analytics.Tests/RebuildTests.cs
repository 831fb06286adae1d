using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LinkShort.Analytics.Enrichment;
using LinkShort.Analytics.Rollups;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LinkShort.Analytics.Tests;

/// <summary>An operator rebuilds totals and rollups.</summary>
public sealed class RebuildTests(AnalyticsFixture fixture)
{
    private static readonly DateTimeOffset May = new(2026, 5, 10, 12, 0, 0, TimeSpan.Zero);

    private const string Snapshot =
        "select coalesce(string_agg(r::text, E'\n' order by grain, start, link_id), '') from (select grain, start, link_id, clicks, bot_clicks, visitors, dimensions from rollups where workspace_id = $1) r";

    private const string TotalsSnapshot = "select coalesce(string_agg(t::text, E'\n' order by link_id), '') from totals t where workspace_id = $1";

    [Fact]
    public async Task A_rebuild_restores_totals_and_rollups_and_keeps_those_of_months_without_raw_clicks()
    {
        await using var service = await fixture.StartAnotherAsync();
        var link = await service.KnownLinkAsync();
        var june = May.AddMonths(1);
        await service.RecordAsync(
            Clicks.Of(link, May), Clicks.Of(link, May.AddMinutes(20), visitor: 2),
            Clicks.Of(link, june, referrer: "https://www.example.org/"), Clicks.Of(link, june.AddHours(2), visitor: 3, acceptLanguage: "fr"),
            Clicks.Of(link, june.AddDays(1), userAgent: "Googlebot/2.1"), Clicks.Of(link));
        await Eventually.PassesAsync(async () =>
            (await service.RowAsync("select clicks + bot_clicks from totals where workspace_id = $1 and link_id = $2", link.Workspace, link.Link)).ShouldBe(6L));
        await service.RowAsync("drop table clicks_2026_05");
        var (rollups, totals) = (await service.RowAsync(Snapshot, link.Workspace), await service.RowAsync(TotalsSnapshot, link.Workspace));

        await service.RowAsync("update rollups set clicks = 99, dimensions = '{}' where start >= '2026-06-01Z' and grain <> 1");
        await service.RowAsync("delete from rollups where start >= '2026-06-01Z' and grain = 1");
        await service.RowAsync("update totals set clicks = 7 where link_id = $1", link.Link);
        await service.RowAsync("delete from totals where link_id = $1", Guid.Empty);
        await RebuiltAsync(service);

        (await service.RowAsync(Snapshot, link.Workspace)).ShouldBe(rollups);
        (await service.RowAsync(TotalsSnapshot, link.Workspace)).ShouldBe(totals);

        // June was dropped too, and exists again with late clicks only.
        await service.RowAsync("update raw_clicks set complete_from = '2026-07-01Z'");
        await service.RowAsync("delete from clicks where at < '2026-06-11Z'");
        await RebuiltAsync(service);
        (await service.RowAsync(Snapshot, link.Workspace)).ShouldBe(rollups);
        (await service.RowAsync(TotalsSnapshot, link.Workspace)).ShouldBe(totals);
    }

    [Fact]
    public async Task Clicks_that_arrive_during_rebuilds_count_once()
    {
        await using var service = await fixture.StartAnotherAsync();
        await service.AddReplicaAsync();
        var link = await service.KnownLinkAsync();
        var today = TimeProvider.System.GetUtcNow();
        var recording = Enumerable.Range(0, 60).Select(batch => service.RecordAsync(
            [.. Enumerable.Range(0, 50).Select(n => Clicks.Of(link, today.AddDays(-(n % 10)), visitor: (batch * 50) + n))])).ToArray();
        for (var i = 0; i < 3; i++)
        {
            await RebuiltAsync(service);
        }

        await Task.WhenAll(recording);
        await Eventually.PassesAsync(async () => (await service.RowAsync("select count(*) from clicks")).ShouldBe(3_000L), TimeSpan.FromSeconds(60));
        await service.RolledUpAsync();
        (await service.RowAsync("select clicks from totals where link_id = $1", link.Link)).ShouldBe(3_000L);
        foreach (var grain in new[] { 0, 1, 2 })
        {
            (await service.RowAsync($"select sum(clicks)::bigint from rollups where link_id = $1 and grain = {grain}", link.Link)).ShouldBe(3_000L);
            (await service.RowAsync($"select sum(clicks)::bigint from rollups where link_id = $1 and grain = {grain}", Guid.Empty)).ShouldBe(3_000L);
        }
    }

    [Fact]
    public async Task A_rebuild_whose_replica_is_killed_during_a_day_has_the_same_result()
    {
        await using var service = await fixture.StartAnotherAsync();
        var link = await service.KnownLinkAsync();
        await service.RecordAsync([.. Enumerable.Range(0, 60).Select(n => Clicks.Of(link, May.AddDays(n % 6), visitor: n))]);
        await Eventually.PassesAsync(async () => (await service.RowAsync("select count(*) from clicks")).ShouldBe(60L));
        await service.RolledUpAsync();
        var (rollups, totals) = (await service.RowAsync(Snapshot, link.Workspace), await service.RowAsync(TotalsSnapshot, link.Workspace));
        await service.StopReplicasAsync();

        await using (var held = await HeldDay.HoldAsync(service, May.AddDays(3)))
        {
            await using var killed = await service.StartProcessAsync();
            (await RequestAsync(killed.Http, Servers.InternalKey)).Status.ShouldBe(HttpStatusCode.Accepted);
            await held.IsWaitedForAsync();
            await killed.KillAsync();
        }

        (await service.RowAsync("select last_day < $1 from rollup_rebuild where running", May.AddDays(3))).ShouldBe(true, "It was killed before it had completed the day.");
        (await service.RowAsync(Snapshot, link.Workspace)).ShouldBe(rollups);
        await using var other = await service.StartProcessAsync();
        await FinishedAsync(service);
        (await service.RowAsync(Snapshot, link.Workspace)).ShouldBe(rollups);
        (await service.RowAsync(TotalsSnapshot, link.Workspace)).ShouldBe(totals);
    }

    [Fact]
    public async Task Clicks_stored_while_their_day_is_rebuilt_count_once()
    {
        await using var service = await fixture.StartAnotherAsync();
        await service.AddReplicaAsync();
        var link = await service.KnownLinkAsync();
        await service.RecordAsync([.. Enumerable.Range(0, 20).Select(n => Clicks.Of(link, May, visitor: n))]);
        await Eventually.PassesAsync(async () => (await service.RowAsync("select count(*) from clicks")).ShouldBe(20L));
        await service.RolledUpAsync();

        await using (var held = await HeldDay.HoldAsync(service, May))
        {
            (await RequestAsync(service)).Status.ShouldBe(HttpStatusCode.Accepted);
            await held.IsWaitedForAsync();
            // The step has read the day's clicks and not yet written.
            await service.RecordAsync([.. Enumerable.Range(0, 30).Select(n => Clicks.Of(link, May, visitor: n))]);
            await Eventually.PassesAsync(async () => (await service.RowAsync("select count(*) from clicks")).ShouldBe(50L));
            (await service.RowAsync("select sum(clicks)::bigint from unrolled_batches")).ShouldBe(30L, "Nothing is rolled up during a step.");
        }

        await FinishedAsync(service);
        await service.RolledUpAsync();
        var counted = await service.AnalyticsAsync(link.Workspace, link.Link, $"?from={Clicks.Query(May.AddDays(-1))}&to={Clicks.Query(May.AddDays(1))}");
        (counted.Totals.Clicks, counted.Totals.Visitors).ShouldBe((50, 30));
        (await service.RowAsync("select clicks from totals where link_id = $1", link.Link)).ShouldBe(50L);
    }

    [Fact]
    public async Task A_step_whose_snapshot_is_older_than_a_rollup_is_refused_by_the_database()
    {
        await using var service = await fixture.StartAnotherAsync();
        var link = await service.KnownLinkAsync();
        await service.RecordAsync(Clicks.Of(link, May));
        await Eventually.PassesAsync(async () => (await service.RowAsync("select count(*) from clicks")).ShouldBe(1L));
        await service.RolledUpAsync();

        // Like a step, with a rollup between its first statement and its first write.
        await using var work = await service.Services.GetRequiredService<Database>().BeginAsync(CancellationToken.None);
        await using (var snapshot = new NpgsqlCommand("set transaction isolation level repeatable read; select count(*) from unrolled_batches", work.Connection, work.Transaction))
        {
            (await snapshot.ExecuteScalarAsync()).ShouldBe(0L);
        }

        await service.RecordAsync(Clicks.Of(link, May, visitor: 2));
        await Eventually.PassesAsync(async () => (await service.RowAsync("select count(*) from clicks")).ShouldBe(2L));
        await service.RolledUpAsync();
        var nothing = await RollupDelta.OfAsync(AsyncEnumerable.Empty<EnrichedClick>(), CancellationToken.None);
        var refused = await Should.ThrowAsync<PostgresException>(() => RollupStore.ReplaceDayAsync(work, May.UtcDateTime.Date, nothing, CancellationToken.None));
        refused.SqlState.ShouldBe(PostgresErrorCodes.SerializationFailure);
    }

    [Fact]
    public async Task Only_the_internal_key_starts_a_rebuild_and_one_at_a_time()
    {
        await using var service = await fixture.StartAnotherAsync();
        (await RequestAsync(service, key: null)).ShouldBe((HttpStatusCode.Unauthorized, "/problems/unauthorized"));
        (await RequestAsync(service, key: "wrong")).ShouldBe((HttpStatusCode.Unauthorized, "/problems/unauthorized"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RequestAsync(service)));
        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.Accepted || answer.Problem == "/problems/rebuild-running");
        answers.ShouldContain(answer => answer.Status == HttpStatusCode.Accepted);
        await FinishedAsync(service);
    }

    private static async Task RebuiltAsync(AnalyticsUnderTest service)
    {
        (await RequestAsync(service)).Status.ShouldBe(HttpStatusCode.Accepted);
        await FinishedAsync(service);
    }

    private static Task FinishedAsync(AnalyticsUnderTest service) =>
        Eventually.PassesAsync(async () => (await service.RowAsync("select running from rollup_rebuild")).ShouldBe(false), TimeSpan.FromSeconds(60));

    private static async Task<(HttpStatusCode Status, string? Problem)> RequestAsync(AnalyticsUnderTest service, string? key = Servers.InternalKey)
    {
        using var client = service.AnonymousClient();
        return await RequestAsync(client, key);
    }

    private static async Task<(HttpStatusCode Status, string? Problem)> RequestAsync(HttpClient client, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/rollups/rebuild");
        if (key is not null)
        {
            request.Headers.Add(InternalKey.Header, key);
        }

        using var response = await client.SendAsync(request);
        return (response.StatusCode,
            response.IsSuccessStatusCode ? null : (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("type").GetString());
    }

    /// <summary>Locks the rollups of a day, so that a rebuild waits before writing them, until it is disposed.</summary>
    private sealed class HeldDay(AnalyticsUnderTest service, NpgsqlDataSource source, NpgsqlConnection connection) : IAsyncDisposable
    {
        public static async Task<HeldDay> HoldAsync(AnalyticsUnderTest service, DateTimeOffset day)
        {
            var source = NpgsqlDataSource.Create(service.ConnectionString + ";Pooling=false;Application Name=test");
            var connection = await source.OpenConnectionAsync();
            await connection.BeginTransactionAsync();
            await using var hold = new NpgsqlCommand("select start from rollups where start >= $1 and start < $2 for update", connection)
            {
                Parameters = { new() { Value = day.UtcDateTime.Date }, new() { Value = day.UtcDateTime.Date.AddDays(1) } },
            };
            (await hold.ExecuteScalarAsync()).ShouldNotBeNull("there are rows to lock");
            return new HeldDay(service, source, connection);
        }

        public Task IsWaitedForAsync() => Eventually.PassesAsync(async () =>
            (await service.RowAsync("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%delete from rollups%' and application_name <> 'test'")).ShouldBe(1L), TimeSpan.FromSeconds(60));

        public async ValueTask DisposeAsync()
        {
            await connection.DisposeAsync();
            await source.DisposeAsync();
        }
    }
}
