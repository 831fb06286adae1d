using LinkShort.Redirect.Routing;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Tests;

public sealed class RouteCacheTests
{
    private readonly RouteCache _cache = new(Options.Create(new RedirectOptions { CacheEntries = 100 }), TimeProvider.System);

    [Fact]
    public void It_is_bounded_keeps_used_entries_and_scans_of_unknown_codes_evict_no_link()
    {
        Remember("hot");
        for (var i = 0; i < 5_000; i++)
        {
            Remember($"cold{i}");
            _cache.TryGet("hot", out _).ShouldBeTrue($"after {i}");
        }

        for (var i = 0; i < 5_000; i++)
        {
            _cache.Set($"unknown{i}", new RouteState(null, 0), _cache.Generation);
        }

        _cache.Count.ShouldBeLessThanOrEqualTo(200);
        _cache.TryGet("hot", out var hot).ShouldBeTrue();
        hot.ShouldNotBeNull();
        _cache.TryGet("cold4999", out _).ShouldBeTrue();
    }

    [Fact]
    public void A_code_that_keeps_changing_takes_one_entry()
    {
        for (var i = 1; i < 5_000; i++)
        {
            Remember("same", i);
        }

        _cache.Count.ShouldBe(1);
        _cache.TryGet("same", out _).ShouldBeTrue();
    }

    [Fact]
    public void An_older_revision_never_replaces_a_newer_one()
    {
        Remember("code", 2, "https://example.com/new");
        Remember("code", 1, "https://example.com/old");
        _cache.TryGet("code", out var route);
        route!.Destination.ShouldBe("https://example.com/new");

        _cache.Set("code", new RouteState(null, 3), _cache.Generation);
        Remember("code", 2, "https://example.com/new");
        _cache.TryGet("code", out route).ShouldBeTrue();
        route.ShouldBeNull();
    }

    [Fact]
    public void A_state_read_before_messages_were_missed_is_not_used()
    {
        var before = _cache.Generation;
        _cache.DistrustAll();

        _cache.Set("code", State(1, "https://example.com/"), before);

        _cache.TryGet("code", out _).ShouldBeFalse();
        _cache.LastKnown("code").ShouldNotBeNull();
    }

    private void Remember(string key, long revision = 1, string destination = "https://example.com/") =>
        _cache.Set(key, State(revision, destination), _cache.Generation);

    private static RouteState State(long revision, string destination) =>
        new(Route.Of(Installation.Link("code", destination)), revision);
}
