using System.Net;
using LinkShort.Redirect.Routing;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Redirect.Tests;

/// <summary>Takes one server after the other down, for itself alone.</summary>
public sealed class OutageTests(ServersFixture fixture) : IAsyncLifetime
{
    private Servers _servers = null!;
    private Installation _installation = null!;

    public async ValueTask InitializeAsync()
    {
        _servers = fixture.Servers.BehindProxies();
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

        var limited = await _installation.CreateAsync(Installation.Link("limited") with { Behavior = new() { MaxClicks = 3 } });
        var locked = await _installation.CreateAsync(Installation.Link("locked") with { Behavior = new() { PasswordHash = PasswordTests.HashOf("open sesame") } });
        (await CountedAsync(limited.Code)).ShouldBe(limited.Destination);
        (await TryPasswordAsync("203.0.113.1", "wrong")).ShouldBe(403);

        // Redis: changes are taken over all the same, and the old state in Redis is put right when it is back.
        await _servers.StopAsync(Servers.Redis);
        link = await _installation.CreateAsync(link with { Destination = "https://example.com/2", Version = 2 });
        await Eventually.BecomesAsync(() => CountedAsync(link.Code), answer => answer == link.Destination, TimeSpan.FromSeconds(3));
        (await CountedAsync(cold.Code)).ShouldBe(cold.Destination);
        (await replica.Http.GetStringAsync("/health")).ShouldStartWith("""{"status":"degraded""");
        // Passwords are asked for, tried as often as allowed, and right ones lead on; they are only not remembered.
        for (var i = 0; i < 5; i++)
        {
            (await TryPasswordAsync("203.0.113.1", "wrong")).ShouldBe(403);
        }

        (await TryPasswordAsync("203.0.113.1", "open sesame")).ShouldBe(429);
        (await TryPasswordAsync("203.0.113.2", "open sesame")).ShouldBe(303);
        clicks++;
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

        // Nobody is let through who could be one too many.
        foreach (var userAgent in new[] { Browser.Desktop, Browser.Googlebot })
        {
            var refused = await RawHttp.SendAsync(replica.Address, Browser.Get("/" + limited.Code, userAgent));
            RawHttp.StatusOf(refused).ShouldBe(503);
            RawHttp.Field(refused, "Retry-After").ShouldNotBeNull();
        }

        // Also when all that is cached is past its time.
        replica.Services.GetRequiredService<RouteTable>().DistrustMemory();
        (await CountedAsync(link.Code)).ShouldBe(link.Destination);
        (await replica.StatusAsync("/health")).ShouldBe(HttpStatusCode.OK);
        await _servers.StartAgainAsync(Servers.Postgres);
        await Eventually.BecomesAsync(() => replica.FollowAsync(Installation.NewCode()), answer => answer == "NotFound");

        // What was used before the outage stays used.
        await Eventually.BecomesAsync(() => CountedAsync(limited.Code), answer => answer == limited.Destination);
        (await CountedAsync(limited.Code)).ShouldBe(limited.Destination);
        (await CountedAsync(limited.Code)).ShouldBe("Gone");

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

        async Task<int> TryPasswordAsync(string address, string password)
        {
            using var visitor = new PasswordTests.Visitor(replica.Address, from: address);
            using var form = await visitor.GetAsync(locked.Code);
            using var answer = await visitor.SubmitAsync(locked.Code, await form.Content.ReadAsStringAsync(), password);
            return (int)answer.StatusCode;
        }

        async Task<string> CountedAsync(string code)
        {
            var answer = await replica.FollowAsync(code);
            clicks += answer.StartsWith("https:", StringComparison.Ordinal) ? 1 : 0;
            return answer;
        }
    }
}
