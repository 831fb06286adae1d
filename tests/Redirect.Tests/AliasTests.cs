using LinkShort.Contracts;
using LinkShort.Redirect.ReadModel;
using LinkShort.Redirect.Routing;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Redirect.Tests;

/// <summary>A link's former codes still redirect to its destination.</summary>
public sealed class AliasTests(ServersFixture fixture)
{
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task After_a_rename_both_codes_work_on_every_replica_within_a_second_until_the_alias_is_removed()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        Replica[] replicas = [await installation.AddReplicaAsync(), await installation.AddReplicaAsync()];
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/1"));
        var (old, renamed) = (link.Code, Installation.NewCode());
        await LeadsToAsync(old, "https://example.com/1", TimeSpan.FromSeconds(5));
        foreach (var replica in replicas)
        {
            (await replica.FollowAsync(renamed)).ShouldBe("NotFound");
        }

        installation.Links.Links.TryRemove(old, out _);
        link = await installation.CreateAsync(link with { Code = renamed, Aliases = [old], Version = 2 });
        await LeadsToAsync(renamed, "https://example.com/1", OneSecond);
        await LeadsToAsync(old, "https://example.com/1", OneSecond);

        // An edit applies to all codes.
        link = await installation.CreateAsync(link with { Destination = "https://example.com/3", Version = 3 });
        await LeadsToAsync(renamed, "https://example.com/3", OneSecond);
        await LeadsToAsync(old, "https://example.com/3", OneSecond);

        link = await installation.CreateAsync(link with { Aliases = null, Version = 4 });
        await LeadsToAsync(old, "NotFound", OneSecond);
        await LeadsToAsync(renamed, "https://example.com/3", OneSecond);

        link = await installation.CreateAsync(link with { Aliases = [old], Version = 5 });
        await LeadsToAsync(old, "https://example.com/3", OneSecond);
        await installation.RemoveAsync(link);
        await LeadsToAsync(old, "NotFound", OneSecond);
        await LeadsToAsync(renamed, "NotFound", OneSecond);

        Task LeadsToAsync(string code, string destination, TimeSpan within) => Task.WhenAll(replicas.Select(replica =>
            Eventually.BecomesAsync(() => replica.FollowAsync(code), answer => answer == destination, within)));
    }

    [Fact]
    public async Task Aliases_and_behaviour_are_in_a_rebuilt_read_model_and_survive_events_in_any_order()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var behavior = new LinkBehavior { ForwardQuery = "visitor", Utm = new LinkUtm(Source: "mail") };
        var first = Installation.Link("rebuilt", "https://example.com/") with { Aliases = ["before", "\u00e4lter", "rebuilt", "before"], Behavior = behavior };
        installation.Links.Links[first.Code] = first;

        var replica = await installation.AddReplicaAsync();
        var store = replica.Services.GetRequiredService<RouteStore>();
        await Eventually.BecomesAsync(() => store.RebuildStateAsync(CancellationToken.None), state => state.Finished);
        installation.Links.IsAway = true;
        foreach (var code in new[] { "rebuilt", "before", "%C3%A4lter" })
        {
            (await replica.FollowAsync(code + "?a=1")).ShouldBe("https://example.com/?utm_source=mail&a=1");
        }

        // An alias that the newest version lacks can't be restored by a late event.
        var second = first with { Aliases = ["before"], Version = 2 };
        await store.ApplyAsync(second, isRefreshed: false, CancellationToken.None);
        await store.ApplyAsync(first, isRefreshed: false, CancellationToken.None);
        (await store.FindAsync(new RouteKey("", "\u00e4lter"), CancellationToken.None)).Route.ShouldBeNull();
        (await store.FindAsync(new RouteKey("", "before"), CancellationToken.None)).Route!.Behavior!.Utm!.Source.ShouldBe("mail");

        // An alias taken by another link stays with it, whatever late events of the first link arrive.
        await store.ApplyAsync(second with { Aliases = [], Version = 3 }, isRefreshed: false, CancellationToken.None);
        await store.ApplyAsync(Installation.Link("before", "https://example.com/successor") with { CreatedAt = first.CreatedAt.AddDays(-1) }, isRefreshed: false, CancellationToken.None);
        await store.ApplyAsync(second, isRefreshed: false, CancellationToken.None);
        await store.ApplyPageAsync(await store.RebuildStateAsync(CancellationToken.None), [first, second], linkCount: 2, CancellationToken.None);
        (await store.FindAsync(new RouteKey("", "before"), CancellationToken.None)).Route!.Destination.ShouldBe("https://example.com/successor");

        await store.RemoveAsync(Installation.Removed(second with { Version = 3 }), CancellationToken.None);
        await store.ApplyAsync(second with { Version = 3 }, isRefreshed: false, CancellationToken.None);
        (await store.FindAsync(new RouteKey("", "rebuilt"), CancellationToken.None)).Route.ShouldBeNull();
    }

    [Fact]
    public async Task An_emoji_is_one_code_with_and_without_its_selector()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var code = Installation.NewCode();
        var link = await installation.CreateAsync(Installation.Link(code + "\u2764\uFE0F") with { Aliases = [code + "\u2764", code + "1\uFE0F\u20E3"] });
        string[] spellings = ["\u2764", "\u2764\uFE0F", "\u2764\uFE0E", "1\u20E3", "1\uFE0F\u20E3"];
        foreach (var spelling in spellings)
        {
            await Eventually.BecomesAsync(() => replica.FollowAsync(Uri.EscapeDataString(code + spelling)), answer => answer == link.Destination);
        }

        await installation.CreateAsync(link with { Version = 2, Destination = "https://example.com/2" });
        foreach (var spelling in spellings)
        {
            await Eventually.BecomesAsync(() => replica.FollowAsync(Uri.EscapeDataString(code + spelling)), answer => answer == "https://example.com/2");
        }

        await installation.RemoveAsync(link with { Version = 2 });
        foreach (var spelling in spellings)
        {
            await Eventually.BecomesAsync(() => replica.FollowAsync(Uri.EscapeDataString(code + spelling)), answer => answer == "NotFound");
        }
    }

    [Fact]
    public async Task An_event_that_changes_no_route_changes_no_cache_and_one_that_adds_an_alias_changes_only_that()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var store = replica.Services.GetRequiredService<RouteStore>();
        string[] aliases = [.. Enumerable.Range(0, 45).Select(_ => Installation.NewCode())];
        var link = Installation.Link(Installation.NewCode()) with { Aliases = aliases };
        (await store.ApplyAsync(link, isRefreshed: false, CancellationToken.None)).Count.ShouldBe(46);
        var revision = (await StateAsync()).Revision;

        (await store.ApplyAsync(link with { Version = 2 }, isRefreshed: false, CancellationToken.None)).ShouldBeEmpty();
        (await store.ApplyAsync(link with { Version = 3, Aliases = ["added", .. aliases] }, isRefreshed: false, CancellationToken.None))
            .ShouldBe([new RouteKey("", "added")]);
        (await StateAsync()).Revision.ShouldBe(revision);
        // Whether the caches were updated the first time is unknown.
        (await store.ApplyAsync(link with { Version = 3 }, isRefreshed: false, CancellationToken.None)).Count.ShouldBe(47);
        (await store.ApplyAsync(link with { Version = 4 }, isRefreshed: true, CancellationToken.None)).Count.ShouldBe(47);

        (await store.ApplyAsync(link with { Version = 5, Destination = "https://example.com/5" }, isRefreshed: false, CancellationToken.None)).Count.ShouldBe(46);
        (await StateAsync()).Revision.ShouldBeGreaterThan(revision);

        Task<RouteState> StateAsync() => store.FindAsync(new RouteKey("", aliases[7]), CancellationToken.None);
    }

    [Fact]
    public async Task A_burst_of_edits_of_a_link_with_many_aliases_delays_no_other_workspace()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var other = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/0"));
        var busy = await installation.CreateAsync(Installation.Link(Installation.NewCode()) with
        {
            Aliases = [.. Enumerable.Range(0, 45).Select(_ => Installation.NewCode())],
        });
        await Eventually.BecomesAsync(() => replica.FollowAsync(other.Code), answer => answer == other.Destination);
        await Eventually.BecomesAsync(() => replica.FollowAsync(busy.Aliases![44]), answer => answer == busy.Destination);
        var alone = new List<TimeSpan>();
        for (var i = 0; i < 5; i++)
        {
            alone.Add(await ChangeAsync());
        }

        for (var i = 0; i < 96; i++)
        {
            busy = busy with { Version = busy.Version + 1, Destination = $"https://example.com/busy/{i}" };
            await installation.CreateAsync(busy);
        }

        var during = await ChangeAsync();

        alone.Sort();
        (during / alone[2]).ShouldBeLessThan(20, $"{during} during the burst, {alone[2]} alone");
        await Eventually.BecomesAsync(() => replica.FollowAsync(busy.Aliases![44]), answer => answer == busy.Destination);
        (await replica.FollowAsync(busy.Code)).ShouldBe(busy.Destination);

        async Task<TimeSpan> ChangeAsync()
        {
            other = other with { Version = other.Version + 1, Destination = $"https://example.com/{other.Version}" };
            var clock = System.Diagnostics.Stopwatch.StartNew();
            await installation.CreateAsync(other);
            await Eventually.BecomesAsync(() => replica.FollowAsync(other.Code), answer => answer == other.Destination);
            return clock.Elapsed;
        }
    }
}
