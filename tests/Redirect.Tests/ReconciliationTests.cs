using System.Net;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using LinkShort.Testing;
using Npgsql;
using StackExchange.Redis;

namespace LinkShort.Redirect.Tests;

/// <summary>The read model is compared with links and repaired, without a restart or an operator.</summary>
public sealed class ReconciliationTests(ServersFixture fixture)
{
    [Fact]
    public async Task Routes_that_are_missing_outdated_or_of_removed_links_are_repaired_in_every_cache()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var bystander = await installation.AddReplicaAsync();
        var missing = await StoredAsync(installation, Installation.Link(Installation.NewCode(), "https://example.com/missing"));
        var old = await StoredAsync(installation, Installation.Link(Installation.NewCode(), "https://example.com/new") with { Version = 5 });
        var swept = await StoredAsync(installation, Installation.Link(Installation.NewCode(), "https://example.com/swept"));
        var ghost = await StoredAsync(installation, Installation.Link(Installation.NewCode(), "https://example.com/ghost"));
        var intact = await StoredAsync(installation, Installation.Link(Installation.NewCode(), "https://example.com/intact"));
        var revision = await ScalarAsync(installation, $"select revision from routes where code = '{intact.Code}'");
        // As if three events and a removal had been lost.
        await ScalarAsync(installation, $"delete from routes where code = '{missing.Code}'");
        await ScalarAsync(installation, $"update routes set version = 4, destination = 'https://example.com/old' where code = '{old.Code}'");
        await ScalarAsync(installation, $"update routes set removed = true, destination = null where code = '{swept.Code}'");
        installation.Links.Links.TryRemove(ghost.Code, out _);
        using (var redis = await ConnectionMultiplexer.ConnectAsync(installation.Settings["ConnectionStrings:cache"]!))
        {
            (await redis.GetDatabase().KeyDeleteAsync("redirect:route:" + old.Code)).ShouldBeTrue();
        }

        // Memory and Redis now have the old state.
        (await bystander.FollowAsync(old.Code)).ShouldBe("https://example.com/old");
        (await bystander.FollowAsync(ghost.Code)).ShouldBe(ghost.Destination);

        var replica = await AddComparingReplicaAsync(installation);

        await Eventually.PassesAsync(async () => (await RoutesAsync(installation)).ShouldBe(
            new[] { missing, old, swept, intact }.Select(link => (link.Code, link.Version, link.Destination)), ignoreOrder: true));
        await Eventually.BecomesAsync(() => bystander.FollowAsync(old.Code), answer => answer == old.Destination);
        await Eventually.BecomesAsync(() => bystander.FollowAsync(ghost.Code), answer => answer == "NotFound");
        // From here on only the repaired read model can answer.
        installation.Links.IsAway = true;
        foreach (var link in new[] { missing, old, swept, intact })
        {
            (await replica.FollowAsync(link.Code)).ShouldBe(link.Destination);
        }

        (await ScalarAsync(installation, $"select revision from routes where code = '{intact.Code}'")).ShouldBe(revision, "A route that is right is not written.");
        (await NoteAsync(replica)).ShouldNotBeNull().ShouldContain("3 routes were repaired and 1 removed");
    }

    [Fact]
    public async Task A_read_model_without_differences_costs_one_request_and_no_write()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await AddComparingReplicaAsync(installation);
        // Enough for three ranges.
        var links = Enumerable.Range(0, 2_500).Select(number => Installation.Link($"equal-{number}")).ToList();
        foreach (var link in links)
        {
            installation.Links.Links[link.Code] = link;
        }

        // Nothing was published, so only the comparison can find them.
        await Eventually.PassesAsync(async () => (await ScalarAsync(installation, "select count(*) from routes where not removed")).ShouldBe(2_500L));
        await Eventually.BecomesAsync(() => NoteAsync(replica), note => note is not null);
        var (pages, revision) = (installation.Links.Pages, await ScalarAsync(installation, "select last_value from route_revision"));
        var compared = await ComparedAsync(installation, than: DateTime.MinValue);
        installation.Links.Comparisons.Clear();

        var again = await ComparedAsync(installation, than: compared);
        await ComparedAsync(installation, than: again);

        installation.Links.Comparisons.ShouldNotBeEmpty();
        installation.Links.Comparisons.ShouldAllBe(request => request.After == null && request.UpTo == null, "one for each comparison");
        installation.Links.Pages.ShouldBe(pages);
        (await ScalarAsync(installation, "select last_value from route_revision")).ShouldBe(revision);
    }

    [Fact]
    public async Task Events_that_arrive_while_a_range_is_read_are_not_undone()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        await installation.AddReplicaAsync();
        var missing = await StoredAsync(installation, Installation.Link(Installation.NewCode()));
        var edited = await StoredAsync(installation, Installation.Link(Installation.NewCode(), "https://example.com/1"));
        var removed = await StoredAsync(installation, Installation.Link(Installation.NewCode()));
        await ScalarAsync(installation, $"delete from routes where code = '{missing.Code}'");
        var held = installation.Links.HoldPages();
        await AddComparingReplicaAsync(installation);
        await held.Started;

        // The page was read before, so it has the previous versions.
        edited = await StoredAsync(installation, edited with { Version = 2, Destination = "https://example.com/2" });
        await installation.RemoveAsync(removed);
        var created = await StoredAsync(installation, Installation.Link(Installation.NewCode()));
        await Eventually.PassesAsync(async () =>
            (await ScalarAsync(installation, $"select removed from routes where code = '{removed.Code}'")).ShouldBe(true));
        held.Release();

        await Eventually.PassesAsync(async () => (await ScalarAsync(installation, $"select count(*) from routes where code = '{missing.Code}'")).ShouldBe(1L));
        await ComparedAsync(installation, than: await ComparedAsync(installation, than: DateTime.MinValue));
        (await RoutesAsync(installation)).ShouldBe(
            new[] { missing, edited, created }.Select(link => (link.Code, link.Version, link.Destination)), ignoreOrder: true);
    }

    [Fact]
    public async Task When_links_has_lost_its_data_no_route_is_removed_and_health_reports_it()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        foreach (var link in Enumerable.Range(0, 120).Select(number => Installation.Link($"kept-{number}")))
        {
            installation.Links.Links[link.Code] = link;
        }

        var replica = await AddComparingReplicaAsync(installation);
        await Eventually.PassesAsync(async () => (await ScalarAsync(installation, "select count(*) from routes where not removed")).ShouldBe(120L));
        var kept = installation.Links.Links.ToArray();
        installation.Links.Links.Clear();

        await Eventually.BecomesAsync(() => NoteAsync(replica), note => note?.Contains("none was removed") == true);
        (await ScalarAsync(installation, "select count(*) from routes where not removed")).ShouldBe(120L);

        // A few missing links are removed.
        foreach (var (code, link) in kept.Skip(20))
        {
            installation.Links.Links[code] = link;
        }

        await Eventually.PassesAsync(async () => (await ScalarAsync(installation, "select count(*) from routes where not removed")).ShouldBe(100L));
    }

    [Fact]
    public async Task While_links_is_away_nothing_changes_and_afterwards_differences_are_repaired()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await AddComparingReplicaAsync(installation);
        var link = await StoredAsync(installation, Installation.Link(Installation.NewCode()));
        installation.Links.IsAway = true;
        await ScalarAsync(installation, $"update routes set version = 0, destination = 'https://example.com/old' where code = '{link.Code}'");
        (await replica.StatusAsync("/health")).ShouldBe(HttpStatusCode.OK);
        (await ScalarAsync(installation, $"select destination from routes where code = '{link.Code}'")).ShouldBe("https://example.com/old");

        installation.Links.IsAway = false;

        await Eventually.PassesAsync(async () =>
            (await ScalarAsync(installation, $"select destination from routes where code = '{link.Code}'")).ShouldBe(link.Destination));
    }

    private static Task<Replica> AddComparingReplicaAsync(Installation installation)
    {
        installation.Settings["Redirect:ReconcileInterval"] = "00:00:00.3";
        return installation.AddReplicaAsync();
    }

    /// <summary>Creates a link and waits for its route.</summary>
    private static async Task<LinkSnapshot> StoredAsync(Installation installation, LinkSnapshot link)
    {
        await installation.CreateAsync(link);
        await Eventually.PassesAsync(async () =>
            (await ScalarAsync(installation, $"select version from routes where code = '{link.Code}' and not removed")).ShouldBe(link.Version));
        return link;
    }

    /// <summary>Waits for a later comparison.</summary>
    private static async Task<DateTime> ComparedAsync(Installation installation, DateTime than) => (DateTime)(await Eventually.BecomesAsync(
        () => ScalarAsync(installation, "select reconciled_at from rebuild"), value => value is DateTime at && at > than))!;

    [Fact]
    public async Task That_links_cannot_be_compared_with_is_part_of_health()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await AddComparingReplicaAsync(installation);

        installation.Links.IsAway = true;

        await Eventually.BecomesAsync(
            async () => JsonNode.Parse(await replica.HealthAsync())!["problems"]?["background jobs"]?["why"]?.GetValue<string>(),
            why => why?.Contains("Comparing the read model with links failed") == true);
    }

    private static async Task<string?> NoteAsync(Replica replica) =>
        JsonNode.Parse(await replica.HealthAsync())!["notes"]?["reconciliation"]?.GetValue<string>();

    private static async Task<List<(string Code, long Version, string Destination)>> RoutesAsync(Installation installation)
    {
        await using var source = NpgsqlDataSource.Create(installation.Settings["ConnectionStrings:redirectdb"] + ";Pooling=false");
        await using var command = source.CreateCommand("select code, version, destination from routes where not removed");
        await using var reader = await command.ExecuteReaderAsync();
        var routes = new List<(string, long, string)>();
        while (await reader.ReadAsync())
        {
            routes.Add((reader.GetString(0), reader.GetInt64(1), reader.GetString(2)));
        }

        return routes;
    }

    private static async Task<object?> ScalarAsync(Installation installation, string sql)
    {
        await using var source = NpgsqlDataSource.Create(installation.Settings["ConnectionStrings:redirectdb"] + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
