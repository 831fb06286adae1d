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
        await store.ApplyAsync(second, CancellationToken.None);
        await store.ApplyAsync(first, CancellationToken.None);
        (await store.FindAsync(new RouteKey("", "\u00e4lter"), CancellationToken.None)).Route.ShouldBeNull();
        (await store.FindAsync(new RouteKey("", "before"), CancellationToken.None)).Route!.Behavior!.Utm!.Source.ShouldBe("mail");

        // An alias taken by another link stays with it, whatever late events of the first link arrive.
        await store.ApplyAsync(second with { Aliases = [], Version = 3 }, CancellationToken.None);
        await store.ApplyAsync(Installation.Link("before", "https://example.com/successor") with { CreatedAt = first.CreatedAt.AddDays(-1) }, CancellationToken.None);
        await store.ApplyAsync(second, CancellationToken.None);
        await store.ApplyPageAsync(await store.RebuildStateAsync(CancellationToken.None), [first, second], linkCount: 2, CancellationToken.None);
        (await store.FindAsync(new RouteKey("", "before"), CancellationToken.None)).Route!.Destination.ShouldBe("https://example.com/successor");

        await store.RemoveAsync(Installation.Removed(second with { Version = 3 }), CancellationToken.None);
        await store.ApplyAsync(second with { Version = 3 }, CancellationToken.None);
        (await store.FindAsync(new RouteKey("", "rebuilt"), CancellationToken.None)).Route.ShouldBeNull();
    }
}
