using System.Net;
using LinkShort.Redirect.ReadModel;
using LinkShort.Redirect.Routing;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Redirect.Tests;

public sealed class ReadModelTests(ServersFixture fixture)
{
    // The promised maximum.
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Edits_and_removals_reach_every_replica_within_a_second()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        Replica[] replicas = [await installation.AddReplicaAsync(), await installation.AddReplicaAsync()];
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/1"));
        await AllLeadToAsync("https://example.com/1", TimeSpan.FromSeconds(5));

        for (var version = 2; version <= 4; version++)
        {
            link = link with { Destination = $"https://example.com/{version}", Version = version };
            await installation.CreateAsync(link);
            await AllLeadToAsync(link.Destination, OneSecond);
        }

        await installation.RemoveAsync(link);
        await AllLeadToAsync("NotFound", OneSecond);

        // The same code, taken by another link.
        await installation.CreateAsync(Installation.Link(link.Code, "https://example.com/another"));
        await AllLeadToAsync("https://example.com/another", OneSecond);

        Task AllLeadToAsync(string destination, TimeSpan within) => Task.WhenAll(replicas.Select(replica =>
            Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == destination, within)));
    }

    [Fact]
    public async Task A_code_that_was_requested_too_early_is_found_within_a_second_of_its_creation()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        Replica[] replicas = [await installation.AddReplicaAsync(), await installation.AddReplicaAsync()];
        var code = Installation.NewCode();
        foreach (var replica in replicas)
        {
            (await replica.FollowAsync(code)).ShouldBe("NotFound");
        }

        await installation.CreateAsync(Installation.Link(code));

        await Task.WhenAll(replicas.Select(replica =>
            Eventually.BecomesAsync(() => replica.FollowAsync(code), answer => answer == "https://example.com/", OneSecond)));
    }

    [Fact]
    public async Task A_link_whose_event_has_not_arrived_is_looked_up_in_links()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var link = Installation.Link(Installation.NewCode(), "https://example.com/fresh");
        installation.Links.Links[link.Code] = link;

        (await replica.FollowAsync(link.Code)).ShouldBe("https://example.com/fresh");
        (await replica.FollowAsync(link.Code)).ShouldBe("https://example.com/fresh");
        installation.Links.CodeRequests.ShouldBe(1);
    }

    [Fact]
    public async Task While_links_is_away_unknown_codes_are_unavailable_and_known_ones_work()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
        await Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == "https://example.com/");

        installation.Links.IsAway = true;

        using var unknown = await replica.Http.GetAsync("/" + Installation.NewCode());
        unknown.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        unknown.Headers.RetryAfter.ShouldNotBeNull();
        (await replica.FollowAsync(link.Code)).ShouldBe("https://example.com/");
    }

    [Fact]
    public async Task Repeated_late_and_reordered_events_do_no_harm()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var store = replica.Services.GetRequiredService<RouteStore>();
        var first = Installation.Link(Installation.NewCode(), "https://example.com/1");
        var second = first with { Version = 2, Destination = "https://example.com/2" };
        var removed = Installation.Removed(second);
        var key = new RouteKey("", first.Code);

        await store.ApplyAsync(second, isRefreshed: false, CancellationToken.None);
        var revision = (await store.FindAsync(key, CancellationToken.None)).Revision;
        await store.ApplyAsync(first, isRefreshed: false, CancellationToken.None);
        await store.ApplyAsync(second, isRefreshed: false, CancellationToken.None);
        var unchanged = await store.FindAsync(key, CancellationToken.None);
        unchanged.Route!.Destination.ShouldBe("https://example.com/2");
        unchanged.Revision.ShouldBe(revision);

        await store.RemoveAsync(removed, CancellationToken.None);
        await store.ApplyAsync(second, isRefreshed: false, CancellationToken.None);
        await store.RemoveAsync(removed, CancellationToken.None);
        (await store.FindAsync(key, CancellationToken.None)).Route.ShouldBeNull();

        // Another link takes the code. Late events of the old link don't affect it, in any order.
        var successor = Installation.Link(first.Code, "https://example.com/successor") with { CreatedAt = first.CreatedAt.AddSeconds(1) };
        await store.ApplyAsync(successor, isRefreshed: false, CancellationToken.None);
        await store.RemoveAsync(removed, CancellationToken.None);
        await store.ApplyAsync(first, isRefreshed: false, CancellationToken.None);
        (await store.FindAsync(key, CancellationToken.None)).Route!.Destination.ShouldBe("https://example.com/successor");

        // A removal that arrives before all other events of its link.
        var ghost = Installation.Link(Installation.NewCode());
        await store.RemoveAsync(Installation.Removed(ghost), CancellationToken.None);
        await store.ApplyAsync(ghost, isRefreshed: false, CancellationToken.None);
        (await store.FindAsync(new RouteKey("", ghost.Code), CancellationToken.None)).Route.ShouldBeNull();
    }

    [Fact]
    public async Task A_link_that_gets_another_code_gives_up_the_old_one()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
        await Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == "https://example.com/");

        installation.Links.Links.TryRemove(link.Code, out _);
        var renamed = await installation.CreateAsync(link with { Code = Installation.NewCode(), Version = 2 });

        await Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == "NotFound", OneSecond);
        (await replica.FollowAsync(renamed.Code)).ShouldBe("https://example.com/");

        // An older link may take the free code.
        var older = Installation.Link(Installation.NewCode(), "https://example.com/older") with { CreatedAt = link.CreatedAt.AddDays(-1) };
        await installation.CreateAsync(older);
        await installation.CreateAsync(older with { Code = link.Code, Version = 2 });
        await Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == "https://example.com/older", OneSecond);
    }

    [Fact]
    public async Task An_old_state_cannot_replace_a_newer_one_in_Redis()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var shared = replica.Services.GetRequiredService<SharedRouteCache>();
        var key = Installation.NewCode();
        var old = new RouteState(Route.Of(Installation.Link(key, "https://example.com/old")), 41);
        var changed = new RouteState(Route.Of(Installation.Link(key, "https://example.com/new")), 42);

        (await shared.TrySetAsync(key, changed)).ShouldBeTrue();
        await shared.TrySetAsync(key, old);
        (await shared.GetAsync(key))!.Value.Route!.Destination.ShouldBe("https://example.com/new");

        await shared.TrySetAsync(key, new RouteState(null, 43));
        await shared.TrySetAsync(key, changed);
        (await shared.GetAsync(key))!.Value.ShouldBe(new RouteState(null, 43));
    }

    [Fact]
    public async Task An_empty_read_model_is_filled_from_links_page_by_page_without_restoring_removed_ones()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var all = Enumerable.Range(0, 1_200).Select(number => Installation.Link($"rebuilt-{number}", $"https://example.com/{number}")).ToList();
        foreach (var link in all)
        {
            installation.Links.Links[link.Code] = link;
        }

        var replica = await installation.AddReplicaAsync();
        var store = replica.Services.GetRequiredService<RouteStore>();
        await Eventually.BecomesAsync(() => store.RebuildStateAsync(CancellationToken.None), state => state.Finished);

        installation.Links.IsAway = true;
        foreach (var link in all.Where((_, index) => index % 100 == 0).Append(all[^1]))
        {
            (await replica.FollowAsync(link.Code)).ShouldBe(link.Destination);
        }

        await store.RemoveAsync(Installation.Removed(all[0]), CancellationToken.None);
        var state = await store.RebuildStateAsync(CancellationToken.None);
        await store.ApplyPageAsync(state, [all[0]], linkCount: 1, CancellationToken.None);
        (await store.FindAsync(new RouteKey("", all[0].Code), CancellationToken.None)).Route.ShouldBeNull();
    }
}
