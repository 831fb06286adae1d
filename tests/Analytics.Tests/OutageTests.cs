using System.Net;
using LinkShort.Analytics.ReadAnalytics;
using LinkShort.Testing;

namespace LinkShort.Analytics.Tests;

public sealed class OutageTests(AnalyticsFixture fixture)
{
    [Fact]
    public async Task Clicks_during_an_outage_are_counted_after_it_and_queries_get_503()
    {
        await using var identity = await TokenIssuer.StartAsync();
        await using var servers = fixture.Servers.BehindProxies();
        await using var service = await AnalyticsUnderTest.StartAsync(servers, identity);
        var link = await service.KnownLinkAsync();
        await service.RecordAsync(Clicks.Of(link));
        await service.CountedAsync(link.Workspace, link.Link, 1);

        await servers.StopAsync(Servers.Postgres);
        using var client = service.Client(link.Workspace);
        using (var answer = await client.GetAsync($"/api/v1/links/{link.Link}/analytics"))
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            answer.Headers.RetryAfter.ShouldNotBeNull();
        }

        foreach (var visitor in Enumerable.Range(1, 20))
        {
            await service.RecordAsync(Clicks.Of(link, visitor: visitor), Clicks.Of(link, visitor: visitor));
        }

        await servers.StartAgainAsync(Servers.Postgres);

        var after = await service.CountedAsync(link.Workspace, link.Link, 41, within: TimeSpan.FromSeconds(30));
        after.Totals.Clicks.ShouldBe(41);
        after.Totals.Visitors.ShouldBe(20);
    }

    [Fact]
    public async Task Clicks_and_links_wait_while_PostgreSQL_is_read_only_and_dashboards_work()
    {
        await using var service = await fixture.StartAnotherAsync();
        var link = await service.KnownLinkAsync();
        await service.RecordAsync(Clicks.Of(link));
        await service.CountedAsync(link.Workspace, link.Link, 1);
        var before = await ReadOnlyDatabase.RolledBackAsync(service.ConnectionString);

        await ReadOnlyDatabase.StartAsync(service.ConnectionString);
        // Connections closed by the change fail on their next use.
        await Eventually.PassesAsync(async () => (await service.AnalyticsAsync(link.Workspace, link.Link)).Totals.Clicks.ShouldBe(1));
        foreach (var visitor in Enumerable.Range(1, 20))
        {
            await service.RecordAsync(Clicks.Of(link, visitor: visitor), Clicks.Of(link, visitor: visitor));
        }

        var known = service.KnownLinkAsync(link.Workspace);
        // Many more attempts than for a message that can't be handled.
        await Eventually.BecomesAsync(() => ReadOnlyDatabase.RolledBackAsync(service.ConnectionString), rolledBack => rolledBack - before > 40);
        known.IsCompleted.ShouldBeFalse();

        await ReadOnlyDatabase.EndAsync(service.ConnectionString);
        await Eventually.PassesAsync(
            async () => (await service.AnalyticsAsync(link.Workspace, link.Link)).Totals.ShouldBe(new Totals(41, 20, 0)), TimeSpan.FromSeconds(30));
        await known;
        using var operators = service.InternalClient();
        (await operators.GetStringAsync(new Uri("/internal/parked-messages", UriKind.Relative))).ShouldBe("""{"total":0,"items":[]}""");
    }
}
