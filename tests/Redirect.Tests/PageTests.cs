using System.Net;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Testing;

namespace LinkShort.Redirect.Tests;

/// <summary>Pages instead of redirects: previews, where a link leads, and the documents that phones request.</summary>
[Collection(nameof(OneReplica))]
public sealed class PageTests(OneReplica one, ServersFixture fixture)
{
    private readonly Installation _installation = one.Installation;
    private readonly ReplicaProcess _replica = one.Replica;

    public static TheoryData<string> PreviewCrawlers =>
    [
        Browser.Slackbot,
        "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
        "WhatsApp/2.23.20.0",
        "TelegramBot (like TwitterBot)",
        "Twitterbot/1.0",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Mastodon/4.3.0 (http.rb/5.2.0; +https://mastodon.example/)",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
        "Synapse (bot; +https://github.com/matrix-org/synapse)",
        "Mozilla/5.0 (compatible; redditbot/1.0; +http://www.reddit.com/feedback)",
    ];

    [Theory]
    [MemberData(nameof(PreviewCrawlers))]
    public async Task Preview_crawlers_get_the_owners_Open_Graph_page_or_the_redirect_without_one(string userAgent)
    {
        var link = await CreateAsync(new LinkBehavior { Preview = new("Our \"new\" <shop>", "It's open & nice", "https://e.example/i.png?a=1&b=2") });
        var without = await CreateAsync(new LinkBehavior { ForwardQuery = "visitor" });

        var page = await RawHttp.SendAsync(_replica.Address, Browser.Get($"/{link.Code}?x=1", userAgent, "Accept: */*"));
        var redirect = await RawHttp.SendAsync(_replica.Address, Browser.Get("/" + without.Code, userAgent));

        RawHttp.StatusOf(page).ShouldBe(200);
        RawHttp.Field(page, "Content-Type").ShouldBe("text/html; charset=utf-8");
        RawHttp.Field(page, "X-Robots-Tag").ShouldBe("noindex");
        RawHttp.Field(page, "Set-Cookie").ShouldBeNull();
        page.ShouldContain("<meta property=\"og:title\" content=\"Our &quot;new&quot; &lt;shop&gt;\">");
        page.ShouldContain("<meta property=\"og:description\" content=\"It&#x27;s open &amp; nice\">");
        page.ShouldContain("<meta property=\"og:image\" content=\"https://e.example/i.png?a=1&amp;b=2\">");
        page.ShouldContain($"<meta property=\"og:url\" content=\"http://short.example/{link.Code}\">");
        page.ShouldContain($"<link rel=\"canonical\" href=\"http://short.example/{link.Code}\">");
        page.ShouldContain("<meta name=\"robots\" content=\"noindex\">");
        page.ShouldNotContain("content=\"https://e.example/destination");
        page.ShouldNotContain("http-equiv", Case.Insensitive, "a crawler that follows it would show the destination");
        RawHttp.StatusOf(redirect).ShouldBe(302);
    }

    [Theory]
    [InlineData("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; .NET CLR 3.5.30729)")]
    [InlineData("Mozilla/5.0 (Linux; Android 15; SM-S928B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/137.0.7151.61 Mobile Safari/537.36 Viber/24.3.0.1")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Tumblr/iPhone/34.1")]
    [InlineData("Mozilla/5.0 (Linux; Android 7.0; M bot 51) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36")]
    public async Task People_in_apps_and_on_devices_named_like_programs_are_redirected(string userAgent)
    {
        var link = await CreateAsync(new LinkBehavior { Preview = new("Title") });

        RawHttp.StatusOf(await RawHttp.SendAsync(_replica.Address, Browser.Get("/" + link.Code, userAgent))).ShouldBe(302);
    }

    [Fact]
    public async Task A_preview_page_sends_whoever_renders_it_on_to_the_visitors_destination()
    {
        var link = await CreateAsync(new LinkBehavior
        {
            Preview = new("Title"), ForwardQuery = "visitor", Rules = [new LinkRule(new RuleCondition { Language = ["de"] }, "https://e.example/de")],
        });

        var page = await RawHttp.SendAsync(_replica.Address, Browser.Get($"/{link.Code}?a=1&b=2", Browser.Slackbot));
        var german = await RawHttp.SendAsync(_replica.Address, Browser.Get("/" + link.Code, Browser.Slackbot, "Accept-Language: de"));

        RawHttp.Field(page, "Refresh").ShouldBe("1; url=https://e.example/destination?a=1&b=2");
        page.ShouldContain("href=\"https://e.example/destination?a=1&amp;b=2\"");
        RawHttp.Field(german, "Refresh").ShouldBe("1; url=https://e.example/de");
    }

    [Fact]
    public async Task A_preview_does_not_affect_people_and_crawlers_and_the_owner_may_allow_its_indexing()
    {
        var link = await CreateAsync(new LinkBehavior { Preview = new("Title"), AllowIndexing = true });

        RawHttp.StatusOf(await RawHttp.SendAsync(_replica.Address, Browser.Get("/" + link.Code))).ShouldBe(302);
        RawHttp.StatusOf(await RawHttp.SendAsync(_replica.Address, Browser.Get("/" + link.Code, Browser.Googlebot))).ShouldBe(302);
        var page = await RawHttp.SendAsync(_replica.Address, Browser.Get("/" + link.Code, Browser.Slackbot));
        RawHttp.Field(page, "X-Robots-Tag").ShouldBeNull();
        page.ShouldNotContain("noindex");
        var head = await RawHttp.SendAsync(_replica.Address, Browser.Head("HEAD", "/" + link.Code, Browser.Slackbot));
        RawHttp.StatusOf(head).ShouldBe(200);
        head.Split("\r\n\r\n")[1].ShouldBeEmpty();
        var click = await Eventually.BecomesAsync(
            () => Task.FromResult(_installation.Clicks.Where(click => click.LinkId == link.LinkId).ToList()), clicks => clicks.Count == 3);
        click.ShouldContain(each => each.UserAgent == Browser.Slackbot, "an answered preview is a visit; its class excludes it from the clicks of people");
    }

    [Theory]
    [InlineData("https://de.example/wiki/K\u00e4se?q=\u00e9#\u4e2d", "https://de.example/wiki/K%C3%A4se?q=%C3%A9#%E4%B8%AD")]
    [InlineData("https://b\u00fccher.example/", "https://b%C3%BCcher.example/")]
    public async Task A_preview_page_sends_on_to_a_destination_with_any_letters(string destination, string sent)
    {
        var link = await _installation.CreateAsync(
            Installation.Link(Installation.NewCode(), destination) with { Behavior = new LinkBehavior { Preview = new("Cheese", null, null) } });

        var page = await RawHttp.SendAsync(_replica.Address, Browser.Get("/" + link.Code, Browser.Slackbot));

        RawHttp.StatusOf(page).ShouldBe(200);
        RawHttp.Field(page, "Refresh").ShouldBe("1; url=" + sent);
    }

    [Theory]
    [InlineData("")]
    [InlineData("+")]
    public async Task Pages_name_the_short_host_whatever_Host_a_request_has(string form)
    {
        var link = await CreateAsync(new LinkBehavior { Preview = new(null, null, null) });

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/{link.Code}{form}");
        request.Headers.Host = "evil.example";
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        request.Headers.TryAddWithoutValidation("User-Agent", Browser.Slackbot);
        using var response = await _replica.Http.SendAsync(request);

        var page = await response.Content.ReadAsStringAsync();
        page.ShouldContain($"http://short.example/{link.Code}");
        page.ShouldNotContain("evil.example");
    }

    [Theory]
    [InlineData("{0}+")]
    [InlineData("{0}%2B")]
    [InlineData("{0}+/")]
    [InlineData("{0}+?utm_source=x")]
    public async Task A_plus_sign_shows_where_a_link_leads_and_is_not_a_click(string form)
    {
        var link = await _installation.CreateAsync(
            Installation.Link(Installation.NewCode(), "https://b\u00fccher.example/<a>?q=\"1\"&x='2'#\u202efdp.exe") with { CreatedAt = new DateTimeOffset(2024, 2, 29, 23, 0, 0, TimeSpan.Zero) });
        await Eventually.BecomesAsync(() => _replica.FollowAsync(link.Code), answer => answer.StartsWith("https:", StringComparison.Ordinal));
        await Eventually.PassesAsync(async () =>
        {
            var answer = await RawHttp.SendAsync(_replica.Address, Browser.Get("/" + string.Format(System.Globalization.CultureInfo.InvariantCulture, form, link.Code)));

            RawHttp.StatusOf(answer).ShouldBe(200);
            answer.ShouldContain("<p class=\"host\" dir=\"ltr\">xn--bcher-kva.example</p>");
            answer.ShouldContain("https://b&#xFC;cher.example/&lt;a&gt;?q=&quot;1&quot;&amp;x=&#x27;2&#x27;#%E2%80%AEfdp.exe");
            answer.ShouldContain("29 Feb 2024");
            answer.ShouldContain($"href=\"http://short.example/{link.Code}\"");
            answer.ShouldNotContain("Some visitors");
            RawHttp.Field(answer, "X-Robots-Tag").ShouldBe("noindex");
            RawHttp.Field(answer, "Cache-Control").ShouldBe("private, no-store");
            RawHttp.Field(answer, "Location").ShouldBeNull();
        });
        await Eventually.BecomesAsync(() => Task.FromResult(_installation.Clicks.Count(click => click.LinkId == link.LinkId)), count => count > 0);
        _installation.Clicks.Count(click => click.LinkId == link.LinkId).ShouldBe(1);
    }

    [Fact]
    public async Task The_plus_page_mentions_rules_and_has_the_status_of_the_link()
    {
        var varies = await CreateAsync(new LinkBehavior { Rules = [new LinkRule(new RuleCondition { Os = ["iOS"] }, "https://e.example/ios")], Utm = new(Source: "s") });
        var archived = await _installation.CreateAsync(Installation.Link(Installation.NewCode()) with { Archived = true });
        var waiting = await _installation.CreateAsync(Installation.Link(Installation.NewCode()) with { ActiveFrom = TimeProvider.System.GetUtcNow().AddDays(1) });

        var answer = await RawHttp.SendAsync(_replica.Address, Browser.Get($"/{varies.Code}+", Browser.IPhone));
        answer.ShouldContain("Some visitors are redirected elsewhere");
        answer.ShouldContain("https://e.example/destination?utm_source=s");
        (await _replica.StatusAsync($"/{archived.Code}+")).ShouldBe(HttpStatusCode.Gone);
        (await _replica.StatusAsync($"/{waiting.Code}+")).ShouldBe(HttpStatusCode.NotFound);
        (await _replica.StatusAsync($"/{Installation.NewCode()}+")).ShouldBe(HttpStatusCode.NotFound);
        (await _replica.StatusAsync("/+")).ShouldBe(HttpStatusCode.NotFound);
        (await _replica.StatusAsync($"/{varies.Code}++")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Phones_get_the_configured_apps_and_nothing_else()
    {
        (await _replica.StatusAsync("/.well-known/apple-app-site-association")).ShouldBe(HttpStatusCode.NotFound);
        (await _replica.StatusAsync("/.well-known/assetlinks.json")).ShouldBe(HttpStatusCode.NotFound);

        const string Fingerprint = "14:6D:E9:83:C5:73:06:50:D8:EE:B9:95:2F:34:FC:64:16:A0:83:42:E6:1D:BE:A8:8A:04:96:B2:3F:CF:44:E5";
        await using var installation = await Installation.StartAsync(fixture.Servers);
        installation.Settings["Redirect:AppLinks:Apple:0"] = "ABCDE12345.com.example.app";
        installation.Settings["Redirect:AppLinks:Apple:1"] = "ABCDE12345.com.example.other";
        installation.Settings["Redirect:AppLinks:Android:0"] = "com.example.app|SHA256:" + Fingerprint.ToLowerInvariant();
        var replica = await installation.AddReplicaAsync();

        using var apple = await replica.Http.GetAsync("/.well-known/apple-app-site-association");
        apple.StatusCode.ShouldBe(HttpStatusCode.OK);
        apple.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        using var association = JsonDocument.Parse(await apple.Content.ReadAsStringAsync());
        var details = association.RootElement.GetProperty("applinks").GetProperty("details")[0];
        details.GetProperty("appIDs").EnumerateArray().Select(id => id.GetString()).ShouldBe(["ABCDE12345.com.example.app", "ABCDE12345.com.example.other"]);
        details.GetProperty("components")[0].GetProperty("/").GetString().ShouldBe("/*");

        using var android = await replica.Http.GetAsync("/.well-known/assetlinks.json");
        android.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        using var assets = JsonDocument.Parse(await android.Content.ReadAsStringAsync());
        assets.RootElement[0].GetProperty("relation")[0].GetString().ShouldBe("delegate_permission/common.handle_all_urls");
        var target = assets.RootElement[0].GetProperty("target");
        target.GetProperty("namespace").GetString().ShouldBe("android_app");
        target.GetProperty("package_name").GetString().ShouldBe("com.example.app");
        target.GetProperty("sha256_cert_fingerprints")[0].GetString().ShouldBe(Fingerprint);
        using var head = await replica.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/.well-known/assetlinks.json"));
        head.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("Apple", "com.example.app", "Redirect__AppLinks__Apple__0")]
    [InlineData("Android", "com.example.app", "Redirect__AppLinks__Android__0")]
    [InlineData("Android", "com.example.app|SHA256:14:6D", "Redirect__AppLinks__Android__0")]
    public async Task Invalid_apps_stop_the_start(string kind, string value, string key)
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        installation.Settings[$"Redirect:AppLinks:{kind}:0"] = value;

        var failure = await Should.ThrowAsync<Exception>(() => installation.AddReplicaAsync());

        failure.ToString().ShouldContain(key);
        failure.ToString().ShouldContain("e.g.");
    }

    private Task<LinkSnapshot> CreateAsync(LinkBehavior behavior) =>
        _installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://e.example/destination") with { Behavior = behavior });
}
