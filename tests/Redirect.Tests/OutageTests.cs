using System.Net;
using LinkShort.Contracts;
using LinkShort.Redirect.ReadModel;
using LinkShort.Redirect.Routing;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Redirect.Tests;

/// <summary>Stops one server after another, without affecting other tests.</summary>
public sealed class OutageTests(ServersFixture fixture) : IAsyncLifetime
{
    private Servers _servers = null!;
    private Installation _installation = null!;
    private Replica _replica = null!;
    private LinkSnapshot _link = null!;
    private LinkSnapshot _cold = null!;
    private LinkSnapshot _limited = null!;
    private LinkSnapshot _locked = null!;
    private int _clicks;

    public async ValueTask InitializeAsync()
    {
        _servers = fixture.Servers.BehindProxies();
        _installation = await Installation.StartAsync(_servers);
        _replica = await _installation.AddReplicaAsync();
        _link = await _installation.CreateAsync(Installation.Link("known", "https://example.com/1"));
        _cold = await _installation.CreateAsync(Installation.Link("cold", "https://example.com/cold"));
        _limited = await _installation.CreateAsync(Installation.Link("limited") with { Behavior = new() { MaxClicks = 3 } });
        _locked = await _installation.CreateAsync(Installation.Link("locked") with { Behavior = new() { PasswordHash = PasswordTests.HashOf("open sesame") } });
    }

    public async ValueTask DisposeAsync()
    {
        await _installation.DisposeAsync();
        await _servers.DisposeAsync();
    }

    [Fact]
    public async Task Every_server_away_in_turn()
    {
        await Eventually.BecomesAsync(() => CountedAsync(_link.Code), answer => answer == _link.Destination);
        var store = _replica.Services.GetRequiredService<RouteStore>();
        await Eventually.BecomesAsync(() => store.FindAsync(new RouteKey("", _cold.Code), CancellationToken.None), state => state.Route is not null);
        (await CountedAsync(_limited.Code)).ShouldBe(_limited.Destination);
        (await TryPasswordAsync("203.0.113.1", "wrong")).ShouldBe(403);

        await WithoutRedisAsync();
        await WithoutPostgresAsync();
        await WithoutRabbitMqAsync();

        // Changes arrive again.
        _link = await _installation.CreateAsync(_link with { Destination = "https://example.com/3", Version = 3 });
        await Eventually.BecomesAsync(() => _replica.FollowAsync(_link.Code), answer => answer == _link.Destination);
    }

    /// <summary>Changes apply nevertheless, and the old state in Redis is replaced once Redis is back.</summary>
    private async Task WithoutRedisAsync()
    {
        await _servers.StopAsync(Servers.Redis);
        _link = await _installation.CreateAsync(_link with { Destination = "https://example.com/2", Version = 2 });
        await Eventually.BecomesAsync(() => CountedAsync(_link.Code), answer => answer == _link.Destination, TimeSpan.FromSeconds(3));
        (await CountedAsync(_cold.Code)).ShouldBe(_cold.Destination);
        (await _replica.HealthAsync()).ShouldStartWith("""{"status":"degraded""");
        // Passwords work and are limited, but are not remembered.
        for (var i = 0; i < 5; i++)
        {
            (await TryPasswordAsync("203.0.113.1", "wrong")).ShouldBe(403);
        }

        (await TryPasswordAsync("203.0.113.1", "open sesame")).ShouldBe(429);
        (await TryPasswordAsync("203.0.113.2", "open sesame")).ShouldBe(303);
        _clicks++;
        await _servers.StartAgainAsync(Servers.Redis);
        var shared = _replica.Services.GetRequiredService<SharedRouteCache>();
        await Eventually.BecomesAsync(() => shared.GetAsync(_link.Code), state => state?.Route?.Destination == _link.Destination);
    }

    /// <summary>Cached links work; other codes are unavailable, not missing.</summary>
    private async Task WithoutPostgresAsync()
    {
        await _servers.StopAsync(Servers.Postgres);
        for (var i = 0; i < 20; i++)
        {
            (await CountedAsync(_link.Code)).ShouldBe(_link.Destination);
        }

        using (var unknown = await _replica.Http.GetAsync("/" + Installation.NewCode()))
        {
            unknown.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            unknown.Headers.RetryAfter.ShouldNotBeNull();
        }

        // Also beyond the budget, where the filter over all codes decides.
        var scanned = await Task.WhenAll(Enumerable.Range(0, 700).Select(_ => _replica.StatusAsync("/" + Installation.NewCode())));
        scanned.ShouldAllBe(status => status == HttpStatusCode.ServiceUnavailable);

        // No visitor is admitted who could exceed the limit.
        foreach (var userAgent in new[] { Browser.Desktop, Browser.Googlebot })
        {
            var refused = await RawHttp.SendAsync(_replica.Address, Browser.Get("/" + _limited.Code, userAgent));
            RawHttp.StatusOf(refused).ShouldBe(503);
            RawHttp.Field(refused, "Retry-After").ShouldNotBeNull();
        }

        // Expired entries are used too.
        _replica.Services.GetRequiredService<RouteTable>().DistrustMemory();
        (await CountedAsync(_link.Code)).ShouldBe(_link.Destination);
        (await _replica.StatusAsync("/health")).ShouldBe(HttpStatusCode.OK);
        await _servers.StartAgainAsync(Servers.Postgres);
        await Eventually.BecomesAsync(() => _replica.FollowAsync(Installation.NewCode()), answer => answer == "NotFound");

        // Clicks used before the outage stay used.
        await Eventually.BecomesAsync(() => CountedAsync(_limited.Code), answer => answer == _limited.Destination);
        (await CountedAsync(_limited.Code)).ShouldBe(_limited.Destination);
        (await CountedAsync(_limited.Code)).ShouldBe("Gone");
    }

    /// <summary>Links redirect; their clicks wait and arrive later, each once.</summary>
    private async Task WithoutRabbitMqAsync()
    {
        await _servers.StopAsync(Servers.RabbitMq);
        for (var i = 0; i < 600; i++)
        {
            (await CountedAsync(_link.Code)).ShouldBe(_link.Destination);
        }

        await _servers.StartAgainAsync(Servers.RabbitMq);
        await _installation.ClicksBecomeAsync(_clicks, TimeSpan.FromSeconds(40));
        _installation.Batches.SelectMany(Installation.ClicksOf).DistinctBy(click => click.ClickId).Count().ShouldBe(_clicks);
    }

    private async Task<int> TryPasswordAsync(string address, string password)
    {
        using var visitor = new PasswordTests.Visitor(_replica.Address, from: address);
        using var form = await visitor.GetAsync(_locked.Code);
        using var answer = await visitor.SubmitAsync(_locked.Code, await form.Content.ReadAsStringAsync(), password);
        return (int)answer.StatusCode;
    }

    private async Task<string> CountedAsync(string code)
    {
        var answer = await _replica.FollowAsync(code);
        _clicks += answer.StartsWith("https:", StringComparison.Ordinal) ? 1 : 0;
        return answer;
    }
}
