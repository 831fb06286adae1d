using LinkShort.Analytics.Usage;
using LinkShort.Contracts;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Analytics.Tests;

public sealed class ErasureTests(AnalyticsFixture fixture)
{
    private readonly AnalyticsUnderTest _service = fixture.Service;

    [Fact]
    public async Task Nothing_of_an_erased_workspace_is_left_not_even_late_clicks()
    {
        var link = await _service.KnownLinkAsync();
        var neighbour = await _service.KnownLinkAsync();
        await _service.RecordAsync(Clicks.Of(link), Clicks.Of(link, at: TimeProvider.System.GetUtcNow().AddDays(-40)), Clicks.Of(neighbour));
        await _service.CountedAsync(link.Workspace, link.Link, 2, "?from=" + Clicks.Query(TimeProvider.System.GetUtcNow().AddDays(-60)));
        await _service.CountedAsync(neighbour.Workspace, neighbour.Link, 1);

        await EraseAsync();

        // A late click, from a spool that was cut off from the broker.
        await _service.RecordAsync(Clicks.Of(link));
        await Eventually.PassesAsync(async () => (await RowsAsync("totals", link.Workspace)).ShouldBeGreaterThan(0));
        await EraseAsync();
        (await _service.AnalyticsAsync(neighbour.Workspace, neighbour.Link)).Totals.Clicks.ShouldBe(1);
        (await RowsAsync("clicks", neighbour.Workspace)).ShouldBe(1);

        async Task EraseAsync()
        {
            await _service.RolledUpAsync();
            await _service.PublishAsync(new WorkspaceErased(link.Workspace, TimeProvider.System.GetUtcNow()));
            foreach (var table in new[] { "links", "totals", "rollups", "clicks" })
            {
                await Eventually.PassesAsync(async () => (await RowsAsync(table, link.Workspace)).ShouldBe(0, table));
            }
        }
    }

    [Fact]
    public async Task A_workspace_s_human_clicks_of_the_month_are_reported()
    {
        var link = await _service.KnownLinkAsync();
        await _service.RecordAsync(Clicks.Of(link), Clicks.Of(link));
        await _service.CountedAsync(link.Workspace, link.Link, 2);
        await _service.RolledUpAsync();

        await _service.Services.GetRequiredService<ClickUsageReport>().ReportAsync(TestContext.Current.CancellationToken);

        (await _service.RowAsync(
            "select (body ->> 'Value')::bigint from outbox where type = 'UsageCounted' and body ->> 'WorkspaceId' = $1::uuid::text", link.Workspace)).ShouldBe(2L);
    }

    private async Task<long> RowsAsync(string table, Guid workspace) =>
        (long)(await _service.RowAsync($"select count(*) from {table} where workspace_id = $1", workspace))!;
}
