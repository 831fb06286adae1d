using System.Net;
using LinkShort.Contracts;
using LinkShort.Testing;
using Npgsql;

namespace LinkShort.Redirect.Tests;

/// <summary>Click limits are exact across all replicas.</summary>
public sealed class ClickLimitTests(ServersFixture fixture)
{
    [Fact]
    public async Task Of_2000_concurrent_visitors_on_two_replicas_exactly_500_are_redirected()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        Replica[] replicas = [await installation.AddReplicaAsync(), await installation.AddReplicaAsync()];
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()) with { Behavior = new() { MaxClicks = 500 } });
        foreach (var replica in replicas)
        {
            await Eventually.BecomesAsync(() => StatusAsync(replica, link, Browser.Googlebot), status => status == 302);
        }

        var answers = await Task.WhenAll(Enumerable.Range(0, 2_000).Select(number => StatusAsync(replicas[number % 2], link, Browser.Desktop)));

        answers.Count(status => status == 302).ShouldBe(500);
        answers.Count(status => status == 410).ShouldBe(1_500);
        // Then the link is gone for all visitors, or redirects to the owner's URL for expired links.
        (await StatusAsync(replicas[0], link, Browser.Googlebot)).ShouldBe(410);
        (await StatusAsync(replicas[1], link, Browser.Slackbot)).ShouldBe(410);
        link = await installation.CreateAsync(link with { Version = 2, Behavior = new() { MaxClicks = 500, ExpiredUrl = "https://e.example/full" } });
        await Eventually.BecomesAsync(() => replicas[0].FollowAsync(link.Code), answer => answer == "https://e.example/full");

        // A higher limit continues the count, on every replica.
        link = await installation.CreateAsync(link with { Version = 3, Behavior = new() { MaxClicks = 503 } });
        await Task.WhenAll(replicas.Select(replica =>
            Eventually.BecomesAsync(() => StatusAsync(replica, link, Browser.Googlebot), status => status == 302)));
        var more = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => StatusAsync(replicas[number % 2], link, Browser.Desktop)));
        more.Count(status => status == 302).ShouldBe(3);
    }

    [Fact]
    public async Task A_link_that_is_used_up_is_reported_with_its_visits()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()) with { Behavior = new() { MaxClicks = 2 } });
        (await StatusAsync(replica, link, Browser.Desktop)).ShouldBe(302);
        installation.Reached.ShouldBeEmpty();

        (await StatusAsync(replica, link, Browser.Desktop)).ShouldBe(302);

        var reached = await Eventually.BecomesAsync(() => Task.FromResult(installation.Reached.FirstOrDefault()), each => each is not null);
        reached!.Links.ShouldBe([new AdmittedVisits(link.WorkspaceId, link.LinkId, 2)]);
    }

    [Fact]
    public async Task Bots_use_no_click_and_are_redirected_while_clicks_are_left()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()) with { Behavior = new() { MaxClicks = 2 } });

        for (var i = 0; i < 5; i++)
        {
            (await StatusAsync(replica, link, Browser.Googlebot)).ShouldBe(302);
            (await StatusAsync(replica, link, Browser.Slackbot)).ShouldBe(302);
            (await StatusAsync(replica, link, Browser.Desktop, "Sec-Purpose: prefetch;prerender")).ShouldBe(302);
            RawHttp.StatusOf(await RawHttp.SendAsync(replica.Address, Browser.Head("HEAD", "/" + link.Code, Browser.Desktop))).ShouldBe(302);
            RawHttp.StatusOf(await RawHttp.SendAsync(replica.Address, Browser.Get($"/{link.Code}+"))).ShouldBe(200);
        }

        (await StatusAsync(replica, link, Browser.Desktop)).ShouldBe(302);
        (await StatusAsync(replica, link, "curl/8.5.0")).ShouldBe(302, "a person started it to follow the link, so it counts");
        (await StatusAsync(replica, link, Browser.Desktop)).ShouldBe(410);
        RawHttp.StatusOf(await RawHttp.SendAsync(replica.Address, Browser.Head("HEAD", "/" + link.Code, Browser.Desktop))).ShouldBe(410);
        RawHttp.StatusOf(await RawHttp.SendAsync(replica.Address, Browser.Get($"/{link.Code}+"))).ShouldBe(410);
        await installation.ClicksBecomeAsync(17);
    }

    [Fact]
    public async Task An_inactive_or_archived_link_uses_no_click_a_restored_link_gets_none_back_and_a_removed_link_leaves_no_counter()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var behavior = new LinkBehavior { MaxClicks = 1 };
        var soon = TimeProvider.System.GetUtcNow().AddHours(1);
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()) with { Behavior = behavior, ActiveFrom = soon });
        (await StatusAsync(replica, link, Browser.Desktop)).ShouldBe(404);
        link = await installation.CreateAsync(link with { Version = 2, ActiveFrom = null, Archived = true });
        await Eventually.BecomesAsync(() => StatusAsync(replica, link, Browser.Desktop), status => status == 410);

        link = await installation.CreateAsync(link with { Version = 3, Archived = false });
        await Eventually.BecomesAsync(() => StatusAsync(replica, link, Browser.Desktop), status => status == 302);
        (await StatusAsync(replica, link, Browser.Desktop)).ShouldBe(410);

        installation.Links.Links.TryRemove(link.Code, out _);
        await installation.PublishAsync(Installation.Removed(link) with { IsRestorable = true });
        await Eventually.BecomesAsync(() => StatusAsync(replica, link, Browser.Desktop), status => status == 404);
        link = await installation.CreateAsync(link with { Version = 5 });
        await Eventually.BecomesAsync(() => StatusAsync(replica, link, Browser.Desktop), status => status != 404);
        (await StatusAsync(replica, link, Browser.Desktop)).ShouldBe(410, "deleting and restoring refills no limit");

        await installation.RemoveAsync(link with { Version = 6 });
        await using var source = NpgsqlDataSource.Create(installation.Settings["ConnectionStrings:redirectdb"]!);
        await Eventually.BecomesAsync(
            async () =>
            {
                await using var command = source.CreateCommand("select count(*) from click_limits");
                return (long)(await command.ExecuteScalarAsync())!;
            },
            count => count == 0);
    }

    /// <returns>The status; 0 for a redirect to anywhere but the link's destination.</returns>
    private static async Task<int> StatusAsync(ReplicaClient replica, LinkSnapshot link, string userAgent, params string[] fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/" + link.Code);
        request.Headers.TryAddWithoutValidation("User-Agent", userAgent);
        request.Headers.TryAddWithoutValidation("Accept-Language", "en");
        foreach (var field in fields)
        {
            request.Headers.TryAddWithoutValidation(field.Split(':')[0], field.Split(": ")[1]);
        }

        using var response = await replica.Http.SendAsync(request);
        return response.StatusCode == HttpStatusCode.Found && response.Headers.Location!.OriginalString != link.Destination ? 0 : (int)response.StatusCode;
    }
}
