using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Redirect.ReadModel;
using LinkShort.Redirect.Routing;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LinkShort.Redirect.Tests;

/// <summary>An operator rebuilds the read model.</summary>
public sealed class RebuildTests(ServersFixture fixture)
{
    [Fact]
    public async Task A_rebuild_repairs_damaged_routes_in_every_cache_and_removes_those_that_links_lacks()
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
        // The event of a removal was lost, and the read model was damaged manually, without any message.
        installation.Links.Links.TryRemove(ghost.Code, out _);
        await ScalarAsync(installation, $"update routes set destination = 'https://example.com/wrong' where code = '{damaged.Code}'");
        await ScalarAsync(installation, $"delete from routes where code = '{alias}'");
        await ScalarAsync(installation, $"update routes set removed = true, destination = null where code = '{swept.Code}'");

        await RebuiltAsync(replicas[0]);

        // From here on only the read model can answer.
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

        // The page was read before, so it lacks this link.
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
    public async Task A_rebuild_of_a_killed_replica_is_completed_by_another_from_the_last_page()
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

        // The state after a replica was killed behind its first page. A late second page is not applied.
        (await store.TryRestartAsync(isForced: false, CancellationToken.None)).ShouldBeTrue();
        var state = await store.RebuildStateAsync(CancellationToken.None);
        var first = all.OrderBy(link => link.LinkId).Take(500).ToList();
        (await store.ApplyPageAsync(state, first, linkCount: null, CancellationToken.None))?.Removed.ShouldBe(0);
        (await store.ApplyPageAsync(state, [], linkCount: 0, CancellationToken.None)).ShouldBeNull();

        await Eventually.BecomesAsync(() => store.RebuildStateAsync(CancellationToken.None), current => !current.IsRunning, TimeSpan.FromSeconds(30));
        (await ScalarAsync(installation, "select count(*) from routes where removed or destination = 'https://example.com/wrong'")).ShouldBe(0L);
        // Nor is an old page applied to the next rebuild.
        (await store.TryRestartAsync(isForced: false, CancellationToken.None)).ShouldBeTrue();
        (await store.ApplyPageAsync(state, [], linkCount: 0, CancellationToken.None)).ShouldBeNull();
        await Eventually.BecomesAsync(() => store.RebuildStateAsync(CancellationToken.None), current => !current.IsRunning, TimeSpan.FromSeconds(30));
        (await ScalarAsync(installation, "select count(*) from routes where not removed")).ShouldBe(1_200L);
    }

    [Fact]
    public async Task A_replica_as_deployed_fills_a_read_model_of_many_pages()
    {
        // The rows of a page arrive in parts. A thread that waits for the next part may be the one that reads it (ADR 25).
        await using var installation = await Installation.StartAsync(fixture.Servers);
        foreach (var number in Enumerable.Range(0, 10_000))
        {
            var link = Installation.Link($"many-{number}", $"https://example.com/{number}");
            installation.Links.Links[link.Code] = link;
        }

        await installation.AddProcessAsync();

        await Eventually.PassesAsync(async () =>
            (await ScalarAsync(installation, "select listed from rebuild where finished_at is not null")).ShouldBe(10_000L));
    }

    [Fact]
    public async Task A_rebuild_restores_nothing_of_an_erased_workspace_or_of_a_removed_link()
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
    public async Task A_rebuild_removes_no_route_while_links_lacks_more_links_than_it_has_unless_it_is_forced()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        (await ReportAsync(replica)).ShouldBe(new RebuildReport("never", 0, 0, 0, 0, null));
        var all = new List<LinkSnapshot>();
        for (var number = 0; number < 5; number++)
        {
            all.Add(await installation.CreateAsync(Installation.Link(Installation.NewCode(), $"https://example.com/{number}")));
        }

        var store = replica.Services.GetRequiredService<RouteStore>();
        foreach (var link in all)
        {
            await Eventually.BecomesAsync(() => DestinationAsync(store, link.Code), destination => destination == link.Destination);
        }

        // links was restored from an old backup: two of five.
        foreach (var link in all.Skip(2))
        {
            installation.Links.Links.TryRemove(link.Code, out _);
        }

        await ScalarAsync(installation, $"update routes set destination = 'https://example.com/wrong' where code = '{all[0].Code}'");
        await RebuiltAsync(replica);

        var refused = await ReportAsync(replica);
        (refused with { EndedAt = null }).ShouldBe(new RebuildReport("refused", 2, 3, 1, 0, null));
        refused.EndedAt.ShouldNotBeNull();
        await HaveRoutesAsync(store, all);

        // links has lost all of its data.
        installation.Links.Links.Clear();
        await RebuiltAsync(replica);
        (await ReportAsync(replica) with { EndedAt = null }).ShouldBe(new RebuildReport("refused", 0, 5, 0, 0, null));
        installation.Links.IsAway = true;
        foreach (var link in all)
        {
            (await replica.FollowAsync(link.Code)).ShouldBe(link.Destination);
        }

        installation.Links.IsAway = false;
        await RebuiltAsync(replica, force: true);
        (await ReportAsync(replica) with { EndedAt = null }).ShouldBe(new RebuildReport("completed", 0, 5, 0, 5, null));
        (await ScalarAsync(installation, "select count(*) from routes where not removed")).ShouldBe(0L);

        // links has its data again, and the routes return.
        foreach (var link in all)
        {
            installation.Links.Links[link.Code] = link;
        }

        await RebuiltAsync(replica);
        (await ReportAsync(replica) with { EndedAt = null }).ShouldBe(new RebuildReport("completed", 5, 0, 5, 0, null));
        await HaveRoutesAsync(store, all);
    }

    [Fact]
    public async Task A_rebuild_removes_no_route_when_links_fails_between_pages_and_returns_without_its_data()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        foreach (var number in Enumerable.Range(0, 800))
        {
            var link = Installation.Link($"half-{number}", $"https://example.com/{number}");
            installation.Links.Links[link.Code] = link;
        }

        var replica = await installation.AddReplicaAsync();
        var store = replica.Services.GetRequiredService<RouteStore>();
        await Eventually.BecomesAsync(() => store.RebuildStateAsync(CancellationToken.None), state => state.Finished, TimeSpan.FromSeconds(20));
        // A link of the first page is missing, so that there is something to remove.
        installation.Links.Links.TryRemove(installation.Links.Links.Values.MinBy(link => link.LinkId)!.Code, out _);
        var asked = 0;
        installation.Links.ReadingPage = after =>
        {
            if (after is not null)
            {
                installation.Links.IsAway = true;
                Interlocked.Increment(ref asked);
            }
        };

        (await RequestAsync(replica)).Status.ShouldBe(HttpStatusCode.Accepted);
        await Eventually.BecomesAsync(() => Task.FromResult(Volatile.Read(ref asked)), count => count > 0);
        (await ReportAsync(replica) with { EndedAt = null }).ShouldBe(new RebuildReport("running", 500, 0, 0, 0, null));
        (await ScalarAsync(installation, "select count(*) from routes where not removed")).ShouldBe(800L);
        (await replica.StatusAsync("/health")).ShouldBe(HttpStatusCode.OK);

        installation.Links.ReadingPage = null;
        installation.Links.Links.Clear();
        installation.Links.IsAway = false;
        await Eventually.BecomesAsync(() => store.RebuildStateAsync(CancellationToken.None), state => !state.IsRunning, TimeSpan.FromSeconds(30));

        // 500 were listed, more than are missing. But links no longer has those either.
        (await ReportAsync(replica) with { EndedAt = null }).ShouldBe(new RebuildReport("refused", 500, 300, 0, 0, null));
        (await ScalarAsync(installation, "select count(*) from routes where not removed")).ShouldBe(800L);
    }

    [Fact]
    public async Task Only_the_internal_key_starts_a_rebuild_or_reads_its_outcome()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();

        (await RequestAsync(replica, key: null)).ShouldBe((HttpStatusCode.Unauthorized, "/problems/unauthorized"));
        (await RequestAsync(replica, key: "wrong")).ShouldBe((HttpStatusCode.Unauthorized, "/problems/unauthorized"));
        (await ScalarAsync(installation, "select start_revision from rebuild")).ShouldBe(DBNull.Value);
        (await replica.StatusAsync("/internal/read-model/rebuild")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static async Task HaveRoutesAsync(RouteStore store, IEnumerable<LinkSnapshot> links)
    {
        foreach (var link in links)
        {
            (await DestinationAsync(store, link.Code)).ShouldBe(link.Destination);
        }
    }

    private static async Task RebuiltAsync(Replica replica, bool force = false)
    {
        (await RequestAsync(replica, force: force)).Status.ShouldBe(HttpStatusCode.Accepted);
        var store = replica.Services.GetRequiredService<RouteStore>();
        await Eventually.BecomesAsync(() => store.RebuildStateAsync(CancellationToken.None), state => !state.IsRunning, TimeSpan.FromSeconds(30));
    }

    private static async Task<(HttpStatusCode Status, string? Problem)> RequestAsync(Replica replica, string? key = Servers.InternalKey, bool force = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/read-model/rebuild" + (force ? "?force=true" : ""));
        if (key is not null)
        {
            request.Headers.Add(InternalKey.Header, key);
        }

        using var response = await replica.Http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, body.Length == 0 ? null : JsonDocument.Parse(body).RootElement.GetProperty("type").GetString());
    }

    private static async Task<RebuildReport> ReportAsync(Replica replica)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/internal/read-model/rebuild");
        request.Headers.Add(InternalKey.Header, Servers.InternalKey);
        using var response = await replica.Http.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (await response.Content.ReadFromJsonAsync<RebuildReport>())!;
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
