using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;

namespace LinkShort.Analytics.Tests;

/// <summary>An operator has totals and rollups computed again.</summary>
public sealed class RebuildTests(AnalyticsFixture fixture)
{
    private static readonly DateTimeOffset May = new(2026, 5, 10, 12, 0, 0, TimeSpan.Zero);

    private const string Snapshot =
        "select coalesce(string_agg(r::text, E'\n' order by grain, start, link_id), '') from (select grain, start, link_id, clicks, bot_clicks, visitors, dimensions from rollups where workspace_id = $1) r";

    private const string TotalsSnapshot = "select coalesce(string_agg(t::text, E'\n' order by link_id), '') from totals t where workspace_id = $1";

    [Fact]
    public async Task A_rebuild_restores_totals_and_rollups_but_not_of_months_whose_raw_clicks_are_gone()
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

        // June was dropped too, and exists again with what came late.
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
        using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/rollups/rebuild");
        if (key is not null)
        {
            request.Headers.Add(InternalKey.Header, key);
        }

        using var response = await client.SendAsync(request);
        return (response.StatusCode,
            response.IsSuccessStatusCode ? null : (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("type").GetString());
    }
}
