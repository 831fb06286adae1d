using LinkShort.Contracts;

namespace LinkShort.Redirect.Tests;

/// <summary>How a link's fields affect the answer.</summary>
[Collection(nameof(OneReplica))]
public sealed class BehaviorTests(OneReplica one)
{
    private readonly Installation _installation = one.Installation;
    private readonly ReplicaProcess _replica = one.Replica;

    [Theory]
    [InlineData("https://e.example/p", "a=1", "https://e.example/p?a=1", "nothing there yet")]
    [InlineData("https://e.example/p?", "a=1", "https://e.example/p?a=1", "an empty query")]
    [InlineData("https://e.example/p?x=1", "a=1&a=2&b", "https://e.example/p?x=1&a=1&a=2&b", "repeated and valueless ones are kept")]
    [InlineData("https://e.example/p?x=1&x=2&y#f?z", "x=9&x=8", "https://e.example/p?y&x=9&x=8#f?z", "the visitor's replace all of that name, in front of the fragment")]
    [InlineData("https://e.example/p?q=%2B&?a&b=#x", "c=%2B&?d", "https://e.example/p?q=%2B&?a&b=&c=%2B&?d#x", "nothing is decoded")]
    [InlineData("https://e.example/p?a%20b=1&%C3%A4=2", "a+b=3&%c3%a4=4", "https://e.example/p?a+b=3&%c3%a4=4", "names are compared decoded")]
    [InlineData("https://e.example/p?x=1&&y=2&", "z=3", "https://e.example/p?x=1&&y=2&z=3", "odd separators stay")]
    [InlineData("https://e.example/p?x=1", "&&", "https://e.example/p?x=1", "empty parameters are ignored")]
    [InlineData("https://e.example/p?x=1", "", "https://e.example/p?x=1", "no query")]
    [InlineData("https://e.example/?X=1", "x=2", "https://e.example/?X=1&x=2", "names differ by case")]
    public async Task The_visitors_parameters_win(string destination, string query, string expected, string reason) =>
        (await LocationAsync(destination, new LinkBehavior { ForwardQuery = "visitor" }, query)).ShouldBe(expected, reason);

    [Theory]
    [InlineData("https://e.example/p?x=1#f", "x=2&y=3&x=4&y=5", "https://e.example/p?x=1&y=3&y=5#f")]
    [InlineData("https://e.example/p?x=%2B", "%78=2", "https://e.example/p?x=%2B")]
    [InlineData("https://e.example/p", "a", "https://e.example/p?a")]
    public async Task The_destinations_parameters_win(string destination, string query, string expected) =>
        (await LocationAsync(destination, new LinkBehavior { ForwardQuery = "destination" }, query)).ShouldBe(expected);

    [Fact]
    public async Task Without_a_policy_the_visitors_query_is_dropped_and_no_parameter_changes_the_destination()
    {
        var plain = await LocationAsync("https://e.example/?a=%2B#x", null, "url=https://evil.example/&next=//evil.example&a=1");
        var withBehavior = await LocationAsync("https://e.example/?a=%2B#x", new LinkBehavior { AllowIndexing = true }, "url=https://evil.example/&redirect=//evil.example");
        var merged = await LocationAsync("https://e.example/", new LinkBehavior { ForwardQuery = "visitor" }, "@evil.example/&url=//evil.example");

        plain.ShouldBe("https://e.example/?a=%2B#x");
        withBehavior.ShouldBe("https://e.example/?a=%2B#x");
        merged.ShouldBe("https://e.example/?@evil.example/&url=//evil.example");
    }

    [Fact]
    public async Task Campaign_parameters_replace_those_of_the_same_name_and_are_encoded()
    {
        var utm = new LinkUtm(Source: "news letter", Medium: "e&m=ail#1", Campaign: "\u00e4", Content: "+");

        (await LocationAsync("https://e.example/?utm_source=x&a=1&utm_source=y&utm_term=t#f", new LinkBehavior { Utm = utm }, "utm_source=visitor"))
            .ShouldBe("https://e.example/?a=1&utm_term=t&utm_source=news%20letter&utm_medium=e%26m%3Dail%231&utm_campaign=%C3%A4&utm_content=%2B#f");
        (await LocationAsync("https://e.example/", new LinkBehavior { Utm = new(Source: "a"), ForwardQuery = "visitor" }, "utm_source=v"))
            .ShouldBe("https://e.example/?utm_source=v");
        (await LocationAsync("https://e.example/", new LinkBehavior { Utm = new(Source: "a"), ForwardQuery = "destination" }, "utm_source=v&b"))
            .ShouldBe("https://e.example/?utm_source=a&b");
    }

    [Fact]
    public async Task The_example_in_the_guide_is_correct() =>
        (await LocationAsync(
            "https://example.com/shop?a=1&utm_source=old&flag&flag#top",
            new LinkBehavior { ForwardQuery = "visitor", Utm = new(Source: "newsletter", Campaign: "spring & summer") },
            "a=2&b")).ShouldBe("https://example.com/shop?flag&flag&utm_source=newsletter&utm_campaign=spring%20%26%20summer&a=2&b#top");

    [Fact]
    public async Task No_redirect_sets_a_cookie()
    {
        var past = TimeProvider.System.GetUtcNow().AddSeconds(-1);
        LinkBehavior?[] behaviors =
        [
            null,
            new() { ForwardQuery = "visitor", Utm = new(Source: "s"), CacheSeconds = 60, AllowIndexing = true },
            new() { MaxClicks = 100 },
            new() { Variants = [new LinkVariant(1, "https://e.example/a"), new LinkVariant(1)] },
            new() { Rules = [new LinkRule(new RuleCondition { Language = ["en"] }, "https://e.example/en")] },
            new() { DeepLinks = new("https://e.example/ios"), Preview = new("Title") },
        ];
        var links = behaviors.Select(behavior => Installation.Link(Installation.NewCode()) with { Behavior = behavior })
            .Append(Installation.Link(Installation.NewCode()) with { Behavior = new() { ExpiredUrl = "https://e.example/over" }, ExpiresAt = past });
        foreach (var link in links)
        {
            await _installation.CreateAsync(link);
            foreach (var userAgent in new[] { Browser.Desktop, Browser.IPhone, Browser.Googlebot })
            {
                var answer = await RawHttp.SendAsync(_replica.Address, Browser.Get($"/{link.Code}?a=1", userAgent, "Cookie: unlock=AAAAAAAAAAAAAAAAAAAAAA; session=1"));
                RawHttp.StatusOf(answer).ShouldBe(302);
                RawHttp.Field(answer, "Set-Cookie").ShouldBeNull();
            }
        }
    }

    [Theory]
    [InlineData("a=%0d%0aSet-Cookie:%20x=y", "a=%0d%0aSet-Cookie:%20x=y")]
    [InlineData("a=\u0001b\u007f", "a=%01b%7F")]
    [InlineData("a=<script>\"'`{}|\\^", "a=<script>\"'`{}|\\^")]
    [InlineData("a=%zz%&%=%", "a=%zz%&%=%")]
    [InlineData("a=b#c?d", "a=b%23c?d")]
    public async Task A_hostile_query_breaks_no_header(string query, string expected)
    {
        var link = await _installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://e.example/") with { Behavior = new() { ForwardQuery = "visitor" } });

        var answer = await RawHttp.SendAsync(_replica.Address, $"GET /{link.Code}?{query} HTTP/1.1");

        // Kestrel may refuse the request line.
        if (RawHttp.StatusOf(answer) != 400)
        {
            RawHttp.Field(answer, "Location").ShouldBe("https://e.example/?" + expected);
            RawHttp.Field(answer, "Set-Cookie").ShouldBeNull();
        }
    }

    [Fact]
    public async Task A_query_that_would_make_the_URL_too_long_is_dropped()
    {
        var destination = "https://e.example/" + new string('p', 2_000);

        (await LocationAsync(destination, new LinkBehavior { ForwardQuery = "visitor" }, new string('q', 6_000))).ShouldBe(destination + "?" + new string('q', 6_000));
        (await LocationAsync(destination, new LinkBehavior { ForwardQuery = "visitor" }, new string('q', 6_200))).ShouldBe(destination);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Browsers_may_cache_the_answer_as_long_as_the_owner_allows(int type)
    {
        var link = await CreateAsync(Installation.Link(Installation.NewCode(), redirectType: type), new LinkBehavior { CacheSeconds = 3_600 });

        var answer = await RawHttp.SendAsync(_replica.Address, $"GET /{link.Code} HTTP/1.1");

        RawHttp.StatusOf(answer).ShouldBe(type);
        RawHttp.Field(answer, "Cache-Control").ShouldBe("private, max-age=3600");
    }

    [Fact]
    public async Task No_answer_is_cacheable_beyond_the_expiry_of_the_link_or_where_the_next_may_differ()
    {
        var ends = TimeProvider.System.GetUtcNow().AddMinutes(10);
        var kept = new LinkBehavior { CacheSeconds = 3_600 };
        var rule = new LinkRule(new RuleCondition { Language = ["de"] }, "https://e.example/de");

        int.Parse((await PolicyAsync(kept, ends)).Split('=')[1], System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(580, 600);
        (await PolicyAsync(kept with { Rules = [rule] })).ShouldBe("private, no-store");
        (await PolicyAsync(kept with { Variants = [new LinkVariant(1), new LinkVariant(1, "https://e.example/b")] })).ShouldBe("private, no-store");
        (await PolicyAsync(kept with { CacheSeconds = null, AllowIndexing = true })).ShouldBe("private, no-store");

        async Task<string> PolicyAsync(LinkBehavior behavior, DateTimeOffset? expires = null)
        {
            var link = await CreateAsync(Installation.Link(Installation.NewCode()) with { ExpiresAt = expires }, behavior);
            return RawHttp.Field(await RawHttp.SendAsync(_replica.Address, $"GET /{link.Code} HTTP/1.1"), "Cache-Control")!;
        }
    }

    [Fact]
    public async Task Search_engines_do_not_index_links_unless_the_owner_allows_it()
    {
        var link = await CreateAsync(Installation.Link(Installation.NewCode()), new LinkBehavior { AllowIndexing = true });
        var other = await CreateAsync(Installation.Link(Installation.NewCode()), new LinkBehavior { ForwardQuery = "visitor" });

        RawHttp.Field(await RawHttp.SendAsync(_replica.Address, $"GET /{link.Code} HTTP/1.1"), "X-Robots-Tag").ShouldBeNull();
        RawHttp.Field(await RawHttp.SendAsync(_replica.Address, $"GET /{other.Code} HTTP/1.1"), "X-Robots-Tag").ShouldBe("noindex");
    }

    [Fact]
    public async Task An_expired_link_redirects_to_the_URL_that_its_owner_set()
    {
        var ended = TimeProvider.System.GetUtcNow().AddSeconds(-1);
        var behavior = new LinkBehavior { ExpiredUrl = "https://e.example/over?a=%2B", ForwardQuery = "visitor", Utm = new(Source: "s"), CacheSeconds = 60 };
        var link = await CreateAsync(Installation.Link(Installation.NewCode(), redirectType: 308) with { ExpiresAt = ended }, behavior);
        var archived = await CreateAsync(Installation.Link(Installation.NewCode()) with { ExpiresAt = ended, Archived = true }, behavior);
        var waiting = await CreateAsync(Installation.Link(Installation.NewCode()) with { ActiveFrom = ended.AddDays(2), ExpiresAt = ended }, behavior);
        var plain = await CreateAsync(Installation.Link(Installation.NewCode()) with { ExpiresAt = ended }, new LinkBehavior { CacheSeconds = 60 });

        var answer = await RawHttp.SendAsync(_replica.Address, $"GET /{link.Code}?x=1 HTTP/1.1");

        RawHttp.StatusOf(answer).ShouldBe(302);
        RawHttp.Field(answer, "Location").ShouldBe("https://e.example/over?a=%2B");
        RawHttp.Field(answer, "Cache-Control").ShouldBe("private, no-store");
        ((int)await _replica.StatusAsync("/" + archived.Code)).ShouldBe(410, "disabled comes before expired");
        ((int)await _replica.StatusAsync("/" + waiting.Code)).ShouldBe(404, "not active yet comes before expired");
        ((int)await _replica.StatusAsync("/" + plain.Code)).ShouldBe(410);
    }

    private Task<LinkSnapshot> CreateAsync(LinkSnapshot link, LinkBehavior behavior) => _installation.CreateAsync(link with { Behavior = behavior });

    private async Task<string?> LocationAsync(string destination, LinkBehavior? behavior, string query)
    {
        var link = await _installation.CreateAsync(Installation.Link(Installation.NewCode(), destination) with { Behavior = behavior });
        var answer = await RawHttp.SendAsync(_replica.Address, $"GET /{link.Code}?{query} HTTP/1.1");
        return RawHttp.Field(answer, "Location");
    }
}
