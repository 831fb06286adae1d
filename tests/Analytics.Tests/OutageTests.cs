using System.Net;
using LinkShort.Testing;

namespace LinkShort.Analytics.Tests;

public sealed class OutageTests(AnalyticsFixture fixture)
{
    [Fact]
    public async Task Clicks_of_an_outage_are_counted_after_it_and_questions_get_503()
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
}
