using System.Net;
using LinkShort.Redirect.Routing;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Redirect.Tests;

/// <summary>Each takes a server down, so they have servers of their own, one test after the other.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private Servers _servers = null!;
    private Installation _installation = null!;

    public async ValueTask InitializeAsync()
    {
        _servers = await Servers.StartAsync();
        _installation = await Installation.StartAsync(_servers);
    }

    public async ValueTask DisposeAsync()
    {
        await _installation.DisposeAsync();
        await _servers.DisposeAsync();
    }

    [Fact]
    public async Task Every_server_away_in_turn()
    {
        var replica = await _installation.AddReplicaAsync();
        var link = await _installation.CreateAsync(Installation.Link("known", "https://example.com/1"));
        var cold = await _installation.CreateAsync(Installation.Link("cold", "https://example.com/cold"));
        await Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == link.Destination);
        var store = replica.Services.GetRequiredService<ReadModel.RouteStore>();
        await Eventually.BecomesAsync(() => store.FindAsync(new RouteKey("", cold.Code), CancellationToken.None), state => state.Route is not null);
        var clicks = 1;

        // Redis: changes are taken over all the same, and the old state in Redis is put right when it is back.
        await _servers.StopAsync(Servers.Redis);
        link = await _installation.CreateAsync(link with { Destination = "https://example.com/2", Version = 2 });
        await Eventually.BecomesAsync(() => CountedAsync(link.Code), answer => answer == link.Destination, TimeSpan.FromSeconds(3));
        (await CountedAsync(cold.Code)).ShouldBe(cold.Destination);
        (await replica.Http.GetStringAsync("/health")).ShouldStartWith("""{"status":"degraded""");
        await _servers.StartAgainAsync(Servers.Redis);
        var shared = replica.Services.GetRequiredService<SharedRouteCache>();
        await Eventually.BecomesAsync(() => shared.GetAsync(link.Code), state => state?.Route?.Destination == link.Destination);

        // PostgreSQL: what is cached goes on; what isn't is not said to be missing.
        await _servers.StopAsync(Servers.Postgres);
        for (var i = 0; i < 20; i++)
        {
            (await CountedAsync(link.Code)).ShouldBe(link.Destination);
        }

        using (var unknown = await replica.Http.GetAsync("/" + Installation.NewCode()))
        {
            unknown.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            unknown.Headers.RetryAfter.ShouldNotBeNull();
        }

        // Nor by the filter over all codes, when more are asked for than may be looked up.
        var scanned = await Task.WhenAll(Enumerable.Range(0, 700).Select(_ => replica.StatusAsync("/" + Installation.NewCode())));
        scanned.ShouldAllBe(status => status == HttpStatusCode.ServiceUnavailable);

        // Also when all that is cached is past its time.
        replica.Services.GetRequiredService<RouteTable>().DistrustMemory();
        (await CountedAsync(link.Code)).ShouldBe(link.Destination);
        (await replica.StatusAsync("/health")).ShouldBe(HttpStatusCode.OK);
        await _servers.StartAgainAsync(Servers.Postgres);
        await Eventually.BecomesAsync(() => replica.FollowAsync(Installation.NewCode()), answer => answer == "NotFound");

        // RabbitMQ: redirects go on, their clicks wait, and come later, each once.
        await _servers.StopAsync(Servers.RabbitMq);
        for (var i = 0; i < 600; i++)
        {
            (await CountedAsync(link.Code)).ShouldBe(link.Destination);
        }

        await _servers.StartAgainAsync(Servers.RabbitMq);
        await _installation.ClicksBecomeAsync(clicks, TimeSpan.FromSeconds(40));
        _installation.Batches.SelectMany(Installation.ClicksOf).DistinctBy(click => click.ClickId).Count().ShouldBe(clicks);

        // And changes come through again.
        link = await _installation.CreateAsync(link with { Destination = "https://example.com/3", Version = 3 });
        await Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == link.Destination);

        async Task<string> CountedAsync(string code)
        {
            var answer = await replica.FollowAsync(code);
            clicks += answer.StartsWith("https:", StringComparison.Ordinal) ? 1 : 0;
            return answer;
        }
    }
}
