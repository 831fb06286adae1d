using System.Net;
using System.Net.Http.Headers;
using LinkShort.Contracts;
using LinkShort.Testing;

namespace LinkShort.Redirect.Tests;

public sealed class SafetyTests(ServersFixture fixture)
{
    // The promised maximum.
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Suspending_and_restoring_take_effect_on_every_replica_within_a_second()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        Replica[] replicas = [await installation.AddReplicaAsync(), await installation.AddReplicaAsync()];
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://www.Suspended.example:8443/x"));
        await AllAnswerAsync(replicas, link.Code, HttpStatusCode.Redirect, TimeSpan.FromSeconds(5));

        var revision = 0L;
        foreach (var (kind, target) in new[] { ("link", link.LinkId.ToString()), ("workspace", link.WorkspaceId.ToString()), ("host", "suspended.example") })
        {
            await SuspendAsync(installation, kind, target, true, ++revision);
            await AllAnswerAsync(replicas, link.Code, HttpStatusCode.Forbidden, OneSecond);
            await SuspendAsync(installation, kind, target, false, ++revision);
            await AllAnswerAsync(replicas, link.Code, HttpStatusCode.Redirect, OneSecond);
        }

        // A late event of a lifted suspension changes nothing.
        await installation.PublishAsync(new SuspensionChanged("link", link.LinkId.ToString(), true, null, 1, TimeProvider.System.GetUtcNow()));
        await SuspendAsync(installation, "link", Guid.NewGuid().ToString(), true, ++revision);
        await AllAnswerAsync(replicas, link.Code, HttpStatusCode.Redirect, OneSecond);
    }

    [Fact]
    public async Task A_suspended_link_shows_a_page_without_a_destination_and_counts_no_click()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var suspended = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://evil.example/"));
        var other = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
        await AllAnswerAsync([replica], suspended.Code, HttpStatusCode.Redirect, TimeSpan.FromSeconds(5));
        await SuspendAsync(installation, "link", suspended.LinkId.ToString(), true, 1);
        await AllAnswerAsync([replica], suspended.Code, HttpStatusCode.Forbidden, OneSecond);
        using var page = await GetAsync(replica, suspended.Code, "text/html");
        page.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        page.Headers.Location.ShouldBeNull();
        page.Headers.CacheControl!.ToString().ShouldContain("no-store");
        page.Headers.GetValues("X-Robots-Tag").ShouldBe(["noindex"]);
        var html = await page.Content.ReadAsStringAsync();
        html.ShouldContain("suspended");
        html.ShouldNotContain("evil.example");
        using var problem = await GetAsync(replica, suspended.Code, "application/json");
        (await problem.Content.ReadAsStringAsync()).ShouldContain("/problems/link-suspended");

        // A later click of another link shows that earlier ones would have arrived.
        (await replica.FollowAsync(other.Code)).ShouldBe(other.Destination);
        await Eventually.BecomesAsync(() => Task.FromResult(installation.Clicks.Count(click => click.LinkId == other.LinkId)), count => count == 1);
        installation.Clicks.ShouldNotContain(click => click.LinkId == suspended.LinkId && click.Referrer == "https://asked.example/");
    }

    [Fact]
    public async Task A_replica_that_starts_while_links_is_away_knows_what_is_suspended()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var first = await installation.AddReplicaAsync();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
        await SuspendAsync(installation, "link", link.LinkId.ToString(), true, 1);
        await AllAnswerAsync([first], link.Code, HttpStatusCode.Forbidden, TimeSpan.FromSeconds(5));

        installation.Links.IsAway = true;
        // The consumer that updates the read model may be slightly behind.
        var second = await installation.AddReplicaAsync();
        await AllAnswerAsync([second], link.Code, HttpStatusCode.Forbidden, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Suspensions_without_an_event_are_read_at_the_start()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var link = Installation.Link(Installation.NewCode());
        installation.Links.Links[link.Code] = link;
        installation.Links.Suspensions["it"] = new SuspensionChanged("link", link.LinkId.ToString(), true, null, 5, TimeProvider.System.GetUtcNow());

        var replica = await installation.AddReplicaAsync();

        (await replica.StatusAsync("/" + link.Code)).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_blocked_destination_shows_a_warning_and_a_new_list_applies_to_cached_links()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var file = Path.Combine(installation.DataFolder, "blocklist.txt");
        await File.WriteAllTextAsync(file, "evil.example\n");
        installation.Settings["Blocklist:Source"] = file;
        var replica = await installation.AddReplicaAsync();
        var evil = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://user.evil.example:8443/grab?x=<b>"));
        var later = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://later.example/a/b/c.html"));
        await AllAnswerAsync([replica], later.Code, HttpStatusCode.Redirect, TimeSpan.FromSeconds(5));

        using var page = await GetAsync(replica, evil.Code, "text/html");
        page.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        page.Headers.CacheControl!.ToString().ShouldContain("no-store");
        page.Headers.GetValues("X-Robots-Tag").ShouldBe(["noindex"]);
        var html = await page.Content.ReadAsStringAsync();
        html.ShouldContain("user.evil.example");
        html.ShouldNotContain("grab");
        html.ShouldNotContain("href", Case.Insensitive);
        using var problem = await GetAsync(replica, evil.Code, "application/json");
        (await problem.Content.ReadAsStringAsync()).ShouldContain("/problems/destination-blocked");

        await File.WriteAllTextAsync(file + ".new", "https://later.example/a/b/\n");
        File.Move(file + ".new", file, overwrite: true);
        await AllAnswerAsync([replica], later.Code, HttpStatusCode.Forbidden, TimeSpan.FromSeconds(5));
        await AllAnswerAsync([replica], evil.Code, HttpStatusCode.Redirect, OneSecond);
    }

    [Fact]
    public async Task A_destination_that_a_rule_or_a_variant_chooses_is_checked_too()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var file = Path.Combine(installation.DataFolder, "blocklist.txt");
        await File.WriteAllTextAsync(file, "evil.example\n");
        installation.Settings["Blocklist:Source"] = file;
        var replica = await installation.AddReplicaAsync();
        var ruled = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://good.example/") with
        {
            Behavior = new LinkBehavior { Rules = [new LinkRule(new RuleCondition { Language = ["de"] }, "https://evil.example/de")] },
        });
        var split = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://good.example/") with
        {
            Behavior = new LinkBehavior { Variants = [new LinkVariant(1, "https://sub.suspended.example/")] },
        });

        await AnswersAsync(ruled, "en", HttpStatusCode.Redirect);
        await AnswersAsync(ruled, "de", HttpStatusCode.Forbidden);
        await AnswersAsync(split, "en", HttpStatusCode.Redirect);
        await SuspendAsync(installation, "host", "suspended.example", true, 1);
        await AnswersAsync(split, "en", HttpStatusCode.Forbidden);
        await AnswersAsync(ruled, "en", HttpStatusCode.Redirect);

        Task AnswersAsync(LinkSnapshot link, string language, HttpStatusCode status) => Eventually.PassesAsync(async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/" + link.Code);
            request.Headers.Add("Accept-Language", language);
            request.Headers.Add("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0");
            using var answer = await replica.Http.SendAsync(request);
            answer.StatusCode.ShouldBe(status);
        });
    }

    [Fact]
    public async Task Too_many_unknown_codes_get_429_for_that_address_and_known_links_work()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        installation.Settings["Redirect:UnknownCodesPermitLimit"] = "5";
        installation.Settings["Redirect:UnknownCodesWindowSeconds"] = "3600";
        installation.Settings["ForwardedHeaders:KnownNetworks"] = "127.0.0.0/8, ::1/128";
        var replica = await installation.AddReplicaAsync();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
        await AllAnswerAsync([replica], link.Code, HttpStatusCode.Redirect, TimeSpan.FromSeconds(5), "192.0.2.99");

        for (var i = 0; i < 5; i++)
        {
            (await StatusOfAsync(Installation.NewCode(), "192.0.2.1")).ShouldBe(HttpStatusCode.NotFound);
        }

        using var limited = await GetAsync(replica, Installation.NewCode(), "application/json", "192.0.2.1");
        limited.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        limited.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3601));
        (await limited.Content.ReadAsStringAsync()).ShouldContain("/problems/rate-limited");
        (await StatusOfAsync("%ff", "192.0.2.1")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await StatusOfAsync(Installation.NewCode(), "::ffff:192.0.2.1")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await StatusOfAsync(link.Code, "192.0.2.1")).ShouldBe(HttpStatusCode.Redirect);
        (await StatusOfAsync(Installation.NewCode(), "192.0.2.2")).ShouldBe(HttpStatusCode.NotFound);

        // One subscriber has a whole /64.
        for (var i = 1; i <= 5; i++)
        {
            (await StatusOfAsync(Installation.NewCode(), $"2001:db8:1:2::{i}")).ShouldBe(HttpStatusCode.NotFound);
        }

        (await StatusOfAsync(Installation.NewCode(), "2001:db8:1:2:ffff::1")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await StatusOfAsync(Installation.NewCode(), "2001:db8:1:3::1")).ShouldBe(HttpStatusCode.NotFound);

        async Task<HttpStatusCode> StatusOfAsync(string code, string from)
        {
            using var answer = await GetAsync(replica, code, "text/html", from);
            return answer.StatusCode;
        }
    }

    private static async Task<HttpResponseMessage> GetAsync(Replica replica, string code, string accept, string? from = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/" + code);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        request.Headers.Referrer = new Uri("https://asked.example/");
        if (from is not null)
        {
            request.Headers.Add("X-Forwarded-For", from);
        }

        return await replica.Http.SendAsync(request);
    }

    /// <summary>Suspends in links and publishes the event.</summary>
    private static Task SuspendAsync(Installation installation, string kind, string target, bool suspended, long revision)
    {
        var change = new SuspensionChanged(kind, target, suspended, null, revision, TimeProvider.System.GetUtcNow());
        installation.Links.Suspensions[$"{kind} {target}"] = change;
        return installation.PublishAsync(change);
    }

    private static Task<HttpStatusCode[]> AllAnswerAsync(IEnumerable<Replica> replicas, string code, HttpStatusCode status, TimeSpan within, string? from = null) =>
        Task.WhenAll(replicas.Select(replica => Eventually.BecomesAsync(
            async () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/" + code);
                if (from is not null)
                {
                    request.Headers.Add("X-Forwarded-For", from);
                }

                using var answer = await replica.Http.SendAsync(request);
                return answer.StatusCode;
            },
            answer => answer == status, within)));
}
