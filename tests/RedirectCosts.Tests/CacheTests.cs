using System.Globalization;
using LinkShort.Redirect;
using LinkShort.Redirect.Routing;
using Microsoft.Extensions.Options;

namespace LinkShort.RedirectCosts.Tests;

public sealed class CacheTests(ITestOutputHelper output)
{
    private const int Links = 1_000_000;

    [Fact]
    public void A_cached_link_takes_at_most_300_bytes_plus_its_destination()
    {
        const int Count = 100_000;
        var destinations = Enumerable.Range(0, Count).Select(Destination).ToArray();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var cache = Cache(Count);
        for (var i = 0; i < Count; i++)
        {
            cache.Set(Code(i), new RouteState(new Route(Guid.CreateVersion7(), Guid.CreateVersion7(), destinations[i], 302, null, null, false), i), cache.Generation);
        }

        // The destinations were allocated before.
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Count;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{each:n1} bytes a link, besides its destination"));
        cache.Count.ShouldBe(Count);
        each.ShouldBeLessThanOrEqualTo(300);
        GC.KeepAlive(destinations);
        GC.KeepAlive(cache);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    public void It_finds_at_least_as_many_links_as_an_LRU_of_the_same_size(int share)
    {
        // Two million requests for a million links with a Zipf distribution (exponent 1); the first half fills the caches.
        var capacity = Links / share;
        var cache = Cache(capacity);
        var lru = new LeastRecentlyUsed(capacity);
        var codes = Enumerable.Range(0, Links).Select(Code).ToArray();
        var route = new Route(Guid.CreateVersion7(), Guid.CreateVersion7(), Destination(0), 302, null, null, false);
        var (found, foundByLru, asked) = (0, 0, 0);
        foreach (var link in Zipf.Trace(Links, 2 * Links, seed: 20261121))
        {
            var isCounted = asked++ >= Links;
            var isFound = cache.TryGet(codes[link], out _);
            if (!isFound)
            {
                cache.Set(codes[link], new RouteState(route, 1), cache.Generation);
            }

            found += isFound && isCounted ? 1 : 0;
            foundByLru += lru.Touch(link) && isCounted ? 1 : 0;
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{capacity:n0} of {Links:n0} links cached: found {(double)found / Links:p1}, by LRU {(double)foundByLru / Links:p1}"));
        cache.Count.ShouldBeLessThanOrEqualTo(capacity);
        found.ShouldBeGreaterThanOrEqualTo(foundByLru);
    }

    [Fact]
    public void A_scan_of_codes_requested_once_evicts_no_entry_in_use()
    {
        const int Capacity = 10_000;
        const int Used = Capacity / 2;
        var cache = Cache(Capacity);
        var lru = new LeastRecentlyUsed(Capacity);
        var route = new Route(Guid.CreateVersion7(), Guid.CreateVersion7(), Destination(0), 302, null, null, false);
        foreach (var link in Enumerable.Repeat(Enumerable.Range(0, Used), 3).SelectMany(links => links).Concat(Enumerable.Range(Used, 20 * Capacity)))
        {
            lru.Touch(link);
            if (!cache.TryGet(Code(link), out _))
            {
                cache.Set(Code(link), new RouteState(route, 1), cache.Generation);
            }
        }

        var kept = Enumerable.Range(0, Used).Count(link => cache.TryGet(Code(link), out _));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kept:n0} of {Used:n0} are still there; by LRU {Enumerable.Range(0, Used).Count(lru.Touch):n0}"));
        kept.ShouldBeGreaterThan(Used * 9 / 10);
    }

    [Fact]
    public void The_filter_never_excludes_an_added_code_and_excludes_most_others()
    {
        const int Count = 500_000;
        var filter = new CodeFilter();
        filter.Distrust();
        var epoch = filter.BeginLoad(Count);
        for (var i = 0; i < Count; i++)
        {
            filter.AddStored(Code(i));
        }

        filter.TryFinish(epoch).ShouldBeTrue();

        Enumerable.Range(0, Count).ShouldAllBe(i => !filter.Excludes(CodeHash.Of(Code(i))));
        var mistaken = Enumerable.Range(Count, Count).Count(i => !filter.Excludes(CodeHash.Of(Code(i))));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(double)mistaken / Count:p3} of other codes pass; {filter.Count:n0} of {Count:n0} counted"));
        mistaken.ShouldBeLessThan(Count / 1_000);
        filter.Count.ShouldBeInRange(Count * 99 / 100, Count);
    }

    private static RouteCache Cache(int capacity) => new(Options.Create(new RedirectOptions { CacheEntries = capacity }), TimeProvider.System);

    private static string Code(int number) => string.Create(CultureInfo.InvariantCulture, $"c{number:x6}");

    private static string Destination(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"https://example.com/a/destination/of/usual/length/{number}?utm_source=newsletter");

    /// <summary>The baseline.</summary>
    private sealed class LeastRecentlyUsed(int capacity)
    {
        private readonly Dictionary<int, LinkedListNode<int>> _places = new(capacity);
        private readonly LinkedList<int> _order = new();

        /// <returns>Whether the link was cached.</returns>
        public bool Touch(int link)
        {
            if (_places.TryGetValue(link, out var place))
            {
                _order.Remove(place);
                _order.AddFirst(place);
                return true;
            }

            if (_places.Count == capacity)
            {
                _places.Remove(_order.Last!.Value);
                _order.RemoveLast();
            }

            _places[link] = _order.AddFirst(link);
            return false;
        }
    }
}
