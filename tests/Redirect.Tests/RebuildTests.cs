using System.Net;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Redirect.ReadModel;
using LinkShort.Redirect.Routing;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LinkShort.Redirect.Tests;

/// <summary>An operator has all links read again.</summary>
public sealed class RebuildTests(ServersFixture fixture)
{
    [Fact]
    public async Task A_rebuild_repairs_what_was_damaged_in_every_cache_and_removes_what_links_lacks()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        Replica[] replicas = [await installation.AddReplicaAsync(), await installation.AddReplicaAsync()];
        var intact = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/intact"));
        var damaged = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/damaged") with { Aliases = [Installation.NewCode()] });
        var swept = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/swept"));
        var ghost = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/ghost"));
        var alias = damaged.Aliases![0];
        foreach (var link in new[] { intact, damaged, swept, ghost })
        {
            await LeadsToAsync(link.Code, link.Destination);
        }

        await LeadsToAsync(alias, damaged.Destination);
        var revision = await RevisionAsync(intact);
        // links lost the event of a removal; the read model was damaged by hand, without any message.
        installation.Links.Links.TryRemove(ghost.Code, out _);
        await ScalarAsync(installation, $"update routes set destination = 'https://example.com/wrong' where code = '{damaged.Code}'");
        await ScalarAsync(installation, $"delete from routes where code = '{alias}'");
        await ScalarAsync(installation, $"update routes set removed = true, destination = null where code = '{swept.Code}'");

        await RebuiltAsync(replicas[0]);

        // What is written from here on has to come from the read model.
        installation.Links.IsAway = true;
        await LeadsToAsync(ghost.Code, "NotFound", "ServiceUnavailable");
        await Eventually.BecomesAsync(async () => await ScalarAsync(installation, "select count(*) from cache_repairs"), count => count is 0L);
        var store = replicas[0].Services.GetRequiredService<RouteStore>();
        (await DestinationAsync(store, damaged.Code)).ShouldBe(damaged.Destination);
        (await DestinationAsync(store, alias)).ShouldBe(damaged.Destination);
        (await DestinationAsync(store, swept.Code)).ShouldBe(swept.Destination);
        (await DestinationAsync(store, ghost.Code)).ShouldBeNull();
        (await RevisionAsync(intact)).ShouldBe(revision, "A route that is right is not written.");
        foreach (var code in new[] { damaged.Code, alias })
        {
            await LeadsToAsync(code, damaged.Destination);
        }

        await LeadsToAsync(swept.Code, swept.Destination);
        await LeadsToAsync(intact.Code, intact.Destination);

        Task LeadsToAsync(string code, params string[] answers) => Task.WhenAll(replicas.Select(replica =>
            Eventually.BecomesAsync(() => replica.FollowAsync(code), answer => answers.Contains(answer))));

        async Task<long> RevisionAsync(LinkSnapshot link) => (long)(await ScalarAsync(installation, $"select revision from routes where code = '{link.Code}'"))!;
    }

    [Fact]
    public async Task During_a_rebuild_redirects_are_answered_a_second_request_is_a_conflict_and_new_links_stay()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/known"));
        await Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == link.Destination);
        var reading = installation.Links.HoldPages();

        (await RequestAsync(replica)).Status.ShouldBe(HttpStatusCode.Accepted);
        await reading.Started;
        (await RequestAsync(replica)).ShouldBe((HttpStatusCode.Conflict, "/problems/rebuild-running"));

        // The page was read before: it lacks this link.
        var late = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/late"));
        var store = replica.Services.GetRequiredService<RouteStore>();
        await Eventually.BecomesAsync(() => DestinationAsync(store, late.Code), destination => destination == late.Destination);
        (await replica.FollowAsync(link.Code)).ShouldBe(link.Destination);
        (await replica.StatusAsync("/health")).ShouldBe(HttpStatusCode.OK);
        reading.Release();

        await Eventually.BecomesAsync(() => store.RebuildStateAsync(CancellationToken.None), state => !state.IsRunning);
        (await DestinationAsync(store, late.Code)).ShouldBe(late.Destination);
        (await replica.FollowAsync(late.Code)).ShouldBe(late.Destination);
        (await RequestAsync(replica)).Status.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_rebuild_that_a_dead_replica_left_is_completed_by_another_from_the_last_page()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var all = Enumerable.Range(0, 1_200).Select(number => Installation.Link($"again-{number}", $"https://example.com/{number}")).ToList();
        foreach (var each in all)
        {
            installation.Links.Links[each.Code] = each;
        }

        var replica = await installation.AddReplicaAsync();
        var store = replica.Services.GetRequiredService<RouteStore>();
        await Eventually.BecomesAsync(() => store.RebuildStateAsync(CancellationToken.None), state => state.Finished, TimeSpan.FromSeconds(20));
        await ScalarAsync(installation, "update routes set destination = 'https://example.com/wrong'");

        // As a replica leaves it that was killed behind its first page; its second comes late, and is not applied.
        (await store.TryRestartAsync(CancellationToken.None)).ShouldBeTrue();
        var state = await store.RebuildStateAsync(CancellationToken.None);
        var first = all.OrderBy(link => link.LinkId).Take(500).ToList();
        (await store.ApplyPageAsync(state, first, isLast: false, CancellationToken.None))?.Removed.ShouldBe(0);
        (await store.ApplyPageAsync(state, [], isLast: true, CancellationToken.None)).ShouldBeNull();

        await Eventually.BecomesAsync(() => store.RebuildStateAsync(CancellationToken.None), current => !current.IsRunning, TimeSpan.FromSeconds(30));
        (await ScalarAsync(installation, "select count(*) from routes where removed or destination = 'https://example.com/wrong'")).ShouldBe(0L);
        // An old page does not become part of the next rebuild either.
        (await store.TryRestartAsync(CancellationToken.None)).ShouldBeTrue();
        (await store.ApplyPageAsync(state, [], isLast: true, CancellationToken.None)).ShouldBeNull();
        await Eventually.BecomesAsync(() => store.RebuildStateAsync(CancellationToken.None), current => !current.IsRunning, TimeSpan.FromSeconds(30));
        (await ScalarAsync(installation, "select count(*) from routes where not removed")).ShouldBe(1_200L);
    }

    [Fact]
    public async Task A_rebuild_brings_nothing_back_of_an_erased_workspace_or_of_a_link_removed_since()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var store = replica.Services.GetRequiredService<RouteStore>();
        var erased = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
        var removed = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
        foreach (var link in new[] { erased, removed })
        {
            await Eventually.BecomesAsync(() => DestinationAsync(store, link.Code), destination => destination == link.Destination);
        }

        // links has not removed its own rows yet.
        await installation.PublishAsync(new WorkspaceErased(erased.WorkspaceId, TimeProvider.System.GetUtcNow()));
        await installation.PublishAsync(Installation.Removed(removed));
        foreach (var link in new[] { erased, removed })
        {
            await Eventually.BecomesAsync(() => DestinationAsync(store, link.Code), destination => destination is null);
        }

        await RebuiltAsync(replica);

        (await DestinationAsync(store, erased.Code)).ShouldBeNull();
        (await DestinationAsync(store, removed.Code)).ShouldBeNull();
    }

    [Fact]
    public async Task Only_the_internal_key_starts_a_rebuild()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();

        (await RequestAsync(replica, key: null)).ShouldBe((HttpStatusCode.Unauthorized, "/problems/unauthorized"));
        (await RequestAsync(replica, key: "wrong")).ShouldBe((HttpStatusCode.Unauthorized, "/problems/unauthorized"));
        (await ScalarAsync(installation, "select start_revision from rebuild")).ShouldBe(DBNull.Value);
    }

    private static async Task RebuiltAsync(Replica replica)
    {
        (await RequestAsync(replica)).Status.ShouldBe(HttpStatusCode.Accepted);
        var store = replica.Services.GetRequiredService<RouteStore>();
        await Eventually.BecomesAsync(() => store.RebuildStateAsync(CancellationToken.None), state => !state.IsRunning, TimeSpan.FromSeconds(30));
    }

    private static async Task<(HttpStatusCode Status, string? Problem)> RequestAsync(Replica replica, string? key = Servers.InternalKey)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/read-model/rebuild");
        if (key is not null)
        {
            request.Headers.Add(InternalKey.Header, key);
        }

        using var response = await replica.Http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, body.Length == 0 ? null : JsonDocument.Parse(body).RootElement.GetProperty("type").GetString());
    }

    private static async Task<string?> DestinationAsync(RouteStore store, string code) =>
        (await store.FindAsync(new RouteKey("", code), CancellationToken.None)).Route?.Destination;

    private static async Task<object?> ScalarAsync(Installation installation, string sql)
    {
        await using var source = NpgsqlDataSource.Create(installation.Settings["ConnectionStrings:redirectdb"]! + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
