using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;

namespace LinkShort.Redirect.Tests;

/// <summary>A replica whose clock the tests set, with some city data.</summary>
public sealed class OneReplicaWithClock(ServersFixture fixture) : IAsyncLifetime
{
    public Installation Installation { get; private set; } = null!;

    public Replica Replica { get; private set; } = null!;

    public ShiftedClock Clock { get; } = new();

    public async ValueTask InitializeAsync()
    {
        Installation = await Installation.StartAsync(fixture.Servers);
        var places = Directory.CreateDirectory(Path.Combine(Installation.DataFolder, "geoip")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(places, "dbip-city-ipv4.mmdb"), new MmdbWriter()
            .With("198.51.100.0/24", MmdbWriter.Place("GB", "England", "London"))
            .With("203.0.113.0/25", MmdbWriter.Place("DE", "Bavaria", "Munich"))
            .With("203.0.113.128/25", MmdbWriter.Place("BR", "", "")).ToArray());
        await File.WriteAllBytesAsync(
            Path.Combine(places, "dbip-city-ipv6.mmdb"), new MmdbWriter { IpVersion = 6 }.With("2001:db8::/32", MmdbWriter.Place("JP", "Tokyo", "Tokyo")).ToArray());
        Replica = await Installation.AddReplicaAsync(Clock);
    }

    public ValueTask DisposeAsync() => Installation.DisposeAsync();
}

/// <summary>Rules by visitor. Conditions are written as in the API.</summary>
public sealed class RuleTests(OneReplicaWithClock one) : IClassFixture<OneReplicaWithClock>
{
    private const string Yes = "https://e.example/yes";
    private const string No = "https://e.example/no";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly Installation _installation = one.Installation;
    private readonly Replica _replica = one.Replica;

    [Theory]
    [InlineData("""{"device":["mobile"]}""", Browser.IPhone, true)]
    [InlineData("""{"device":["mobile"]}""", Browser.Android, true)]
    [InlineData("""{"device":["mobile"]}""", Browser.IPad, false)]
    [InlineData("""{"device":["tablet","TV"]}""", Browser.IPad, true)]
    [InlineData("""{"device":["desktop"]}""", Browser.Desktop, true)]
    [InlineData("""{"device":["bot"]}""", Browser.Googlebot, true)]
    [InlineData("""{"device":["mobile"]}""", Browser.Googlebot, false)]
    [InlineData("""{"device":["bot"]}""", Browser.Android, false)]
    [InlineData("""{"os":["ios"]}""", Browser.IPhone, true)]
    [InlineData("""{"os":["iOS","Android"]}""", Browser.Android, true)]
    [InlineData("""{"os":["Windows"]}""", Browser.Windows, true)]
    [InlineData("""{"os":["Windows"]}""", Browser.Desktop, false)]
    [InlineData("""{"browser":["firefox"]}""", Browser.Desktop, true)]
    [InlineData("""{"browser":["Chrome"]}""", Browser.Windows, true)]
    [InlineData("""{"browser":["Chrome"]}""", Browser.Desktop, false)]
    public async Task Device_system_and_browser(string when, string userAgent, bool holds) =>
        await HoldsAsync(when, holds, userAgent: userAgent);

    [Theory]
    [InlineData("""{"country":["DE","fr"]}""", "203.0.113.7", true)]
    [InlineData("""{"country":["de"]}""", "203.0.113.7", true)]
    [InlineData("""{"country":["DE"]}""", "198.51.100.7", false)]
    [InlineData("""{"country":["DE"]}""", "192.0.2.7", false)]
    [InlineData("""{"not":{"country":["DE"]}}""", "192.0.2.7", true)]
    [InlineData("""{"country":["JP"]}""", "2001:db8::7", true)]
    [InlineData("""{"continent":["EU"]}""", "198.51.100.7", true)]
    [InlineData("""{"continent":["SA"]}""", "203.0.113.200", true)]
    [InlineData("""{"continent":["EU"]}""", "203.0.113.200", false)]
    [InlineData("""{"region":["bavaria"]}""", "203.0.113.7", true)]
    [InlineData("""{"region":["Bavaria"]}""", "203.0.113.200", false)]
    [InlineData("""{"city":["Munich","London"]}""", "198.51.100.7", true)]
    [InlineData("""{"city":["Munich"]}""", "198.51.100.7", false)]
    [InlineData("""{"all":[{"country":["DE"]},{"not":{"city":["Munich"]}}]}""", "203.0.113.7", false)]
    public async Task Place(string when, string address, bool holds)
    {
        await HoldsAsync(when, holds, fields: ["X-Forwarded-For: " + address, "X-Proxy-Key: " + Installation.ProxyProof]);
    }

    [Theory]
    [InlineData("""{"country":["DE"]}""", true)]
    [InlineData("""{"continent":["EU"]}""", true)]
    [InlineData("""{"region":["Bavaria"]}""", false)]
    [InlineData("""{"city":["Munich"]}""", false)]
    [InlineData("""{"not":{"city":["Munich"]}}""", true)]
    public async Task Visitors_who_ask_not_to_be_profiled_have_only_a_country(string when, bool holds)
    {
        foreach (var field in new[] { "Sec-GPC: 1", "DNT: 1" })
        {
            await HoldsAsync(when, holds, fields: ["X-Forwarded-For: 203.0.113.7", "X-Proxy-Key: " + Installation.ProxyProof, field]);
        }
    }

    [Theory]
    [InlineData("""{"language":["de"]}""", "de-AT,de;q=0.9,en;q=0.5", true)]
    [InlineData("""{"language":["DE-at"]}""", "de-AT", true)]
    [InlineData("""{"language":["de-DE"]}""", "de-AT", false)]
    [InlineData("""{"language":["de-DE"]}""", "de", false)]
    [InlineData("""{"language":["de"]}""", "en;q=0.5,de;q=0.9", true)]
    [InlineData("""{"language":["de"]}""", "en,de;q=0.9", false)]
    [InlineData("""{"language":["en"]}""", "eng", false)]
    [InlineData("""{"language":["fr","zh-Hant"]}""", "zh-Hant-TW", true)]
    [InlineData("""{"language":["en"]}""", "*", false)]
    [InlineData("""{"language":["nb"]}""", "no", true)]
    [InlineData("""{"language":["no"]}""", "nb-NO", true)]
    [InlineData("""{"language":["no"]}""", "nn", true)]
    [InlineData("""{"language":["nb"]}""", "nn", false)]
    [InlineData("""{"language":["he"]}""", "iw-IL", true)]
    [InlineData("""{"language":["iw"]}""", "he", true)]
    [InlineData("""{"language":["id"]}""", "in", true)]
    [InlineData("""{"language":["zh-Hant"]}""", "zh-TW", true)]
    [InlineData("""{"language":["zh-Hant"]}""", "zh-HK", true)]
    [InlineData("""{"language":["zh-TW"]}""", "zh-Hant", true)]
    [InlineData("""{"language":["zh-TW"]}""", "zh-Hant-TW", true)]
    [InlineData("""{"language":["zh-TW"]}""", "zh-HK", false)]
    [InlineData("""{"language":["zh-Hans"]}""", "zh-CN", true)]
    [InlineData("""{"language":["zh-CN"]}""", "zh-Hans", true)]
    [InlineData("""{"language":["zh-Hans"]}""", "zh", true)]
    [InlineData("""{"language":["zh-Hans"]}""", "zh-TW", false)]
    [InlineData("""{"language":["zh"]}""", "zh-Hant-HK", true)]
    [InlineData("""{"language":["sr-Latn"]}""", "sr-RS", false)]
    [InlineData("""{"language":["sr-Cyrl"]}""", "sr-RS", true)]
    [InlineData("""{"language":["de-AT"]}""", "de-Latn-AT", true)]
    [InlineData("""{"language":["sl-rozaj"]}""", "sl-IT-rozaj-biske", true)]
    public async Task Language(string when, string acceptLanguage, bool holds) =>
        await HoldsAsync(when, holds, fields: "Accept-Language: " + acceptLanguage);

    [Theory]
    [InlineData("""{"referrer":["example.com"]}""", "https://example.com/page?x", true)]
    [InlineData("""{"referrer":["example.com"]}""", "https://news.example.com/", true)]
    [InlineData("""{"referrer":["example.com"]}""", "https://EXAMPLE.com:8443/", true)]
    [InlineData("""{"referrer":["example.com"]}""", "https://notexample.com/", false)]
    [InlineData("""{"referrer":["example.com"]}""", "https://example.com.evil.example/", false)]
    [InlineData("""{"referrer":["www.example.com"]}""", "https://www.example.com/", true)]
    [InlineData("""{"referrer":["www.example.com"]}""", "https://example.com/", false)]
    [InlineData("""{"referrer":["example.com"]}""", "not a url", false)]
    [InlineData("""{"referrer":["com.slack"]}""", "android-app://com.slack", true)]
    [InlineData("""{"referrer":["direct"]}""", null, true)]
    [InlineData("""{"referrer":["direct","example.com"]}""", "https://example.com/", true)]
    [InlineData("""{"referrer":["direct"]}""", "https://example.com/", false)]
    [InlineData("""{"referrer":["direct"]}""", "https://shop.direct/", false)]
    [InlineData("""{"referrer":["xn--bcher-kva.example"]}""", "https://xn--bcher-kva.example/", true)]
    public async Task Referrer(string when, string? referrer, bool holds) =>
        await HoldsAsync(when, holds, fields: referrer is null ? [] : ["Referer: " + referrer]);

    [Theory]
    [InlineData("""{"query":{"name":"ref"}}""", "ref", true)]
    [InlineData("""{"query":{"name":"ref"}}""", "a=1&ref=", true)]
    [InlineData("""{"query":{"name":"ref"}}""", "aref=1", false)]
    [InlineData("""{"query":{"name":"ref","values":["mail","ad"]}}""", "ref=ad", true)]
    [InlineData("""{"query":{"name":"ref","values":["mail"]}}""", "ref=x&ref=MAIL", true)]
    [InlineData("""{"query":{"name":"ref","values":["mail"]}}""", "ref=mails", false)]
    [InlineData("""{"query":{"name":"a b","values":["\u00e4 +"]}}""", "a+b=%C3%A4%20%2B", true)]
    [InlineData("""{"query":{"name":"ref","values":[""]}}""", "ref", true)]
    [InlineData("""{"query":{"name":"ref"}}""", "", false)]
    [InlineData("""{"query":{"name":"ref"}}""", "%ref=%zz&=&&&", false)]
    public async Task Query_parameter(string when, string query, bool holds) =>
        await HoldsAsync(when, holds, query: query);

    // 2026-11-16 is a Monday. In Berlin it is one hour later than UTC in winter, two in summer.
    [Theory]
    [InlineData("""{"from":"09:00","to":"17:00"}""", "2026-11-16T09:00:00Z", true)]
    [InlineData("""{"from":"09:00","to":"17:00"}""", "2026-11-16T16:59:30Z", true)]
    [InlineData("""{"from":"09:00","to":"17:00"}""", "2026-11-16T17:00:00Z", false)]
    [InlineData("""{"from":"09:00","to":"17:00"}""", "2026-11-16T08:59:30Z", false)]
    [InlineData("""{"from":"09:00","to":"17:00","timeZone":"Europe/Berlin"}""", "2026-11-16T08:00:00Z", true)]
    [InlineData("""{"from":"09:00","to":"17:00","timeZone":"Europe/Berlin"}""", "2026-11-16T16:00:00Z", false)]
    [InlineData("""{"from":"09:00","to":"17:00","timeZone":"Europe/Berlin"}""", "2026-07-13T07:00:00Z", true)]
    [InlineData("""{"from":"09:00","to":"17:00","timeZone":"Asia/Kathmandu"}""", "2026-11-16T03:15:00Z", true)]
    [InlineData("""{"from":"09:00","to":"17:00","timeZone":"Asia/Kathmandu"}""", "2026-11-16T03:14:30Z", false)]
    [InlineData("""{"from":"22:00","to":"06:00"}""", "2026-11-16T23:00:00Z", true)]
    [InlineData("""{"from":"22:00","to":"06:00"}""", "2026-11-16T05:59:30Z", true)]
    [InlineData("""{"from":"22:00","to":"06:00"}""", "2026-11-16T06:00:00Z", false)]
    [InlineData("""{"from":"22:00","to":"06:00","days":["sun"]}""", "2026-11-16T05:00:00Z", true)]
    [InlineData("""{"from":"22:00","to":"06:00","days":["sun"]}""", "2026-11-16T23:00:00Z", false)]
    [InlineData("""{"from":"22:00","to":"06:00","days":["mon"]}""", "2026-11-16T05:00:00Z", false)]
    [InlineData("""{"from":"22:00","to":"06:00","days":["mon"]}""", "2026-11-17T05:00:00Z", true)]
    [InlineData("""{"days":["mon"],"timeZone":"Pacific/Auckland"}""", "2026-11-15T12:00:00Z", true)]
    [InlineData("""{"days":["sun"],"timeZone":"Pacific/Auckland"}""", "2026-11-15T12:00:00Z", false)]
    [InlineData("""{"days":["sat","sun"]}""", "2026-11-16T00:00:00Z", false)]
    [InlineData("""{"from":"18:00"}""", "2026-11-16T23:59:30Z", true)]
    [InlineData("""{"from":"18:00"}""", "2026-11-16T00:00:00Z", false)]
    [InlineData("""{"to":"06:00"}""", "2026-11-16T00:00:00Z", true)]
    [InlineData("""{"to":"06:00"}""", "2026-11-16T06:00:00Z", false)]
    // On 2026-03-29 clocks in Berlin go from 02:00 to 03:00 (at 01:00 UTC), on 2026-10-25 from 03:00 to 02:00 (at 01:00 UTC).
    [InlineData("""{"from":"01:30","to":"03:30","timeZone":"Europe/Berlin"}""", "2026-03-29T00:45:00Z", true)]
    [InlineData("""{"from":"01:30","to":"03:30","timeZone":"Europe/Berlin"}""", "2026-03-29T01:15:00Z", true)]
    [InlineData("""{"from":"01:30","to":"03:30","timeZone":"Europe/Berlin"}""", "2026-03-29T01:45:00Z", false)]
    [InlineData("""{"from":"02:00","to":"03:00","timeZone":"Europe/Berlin"}""", "2026-10-25T00:30:00Z", true)]
    [InlineData("""{"from":"02:00","to":"03:00","timeZone":"Europe/Berlin"}""", "2026-10-25T01:30:00Z", true)]
    [InlineData("""{"from":"02:00","to":"03:00","timeZone":"Europe/Berlin"}""", "2026-10-25T02:00:00Z", false)]
    [InlineData("""{"from":"00:00","to":"23:59","timeZone":"Mars/Olympus_Mons"}""", "2026-11-16T12:00:00Z", false)]
    public async Task Time_window(string window, string now, bool holds)
    {
        // A test takes some seconds, so no time is too close to a boundary.
        one.Clock.SetTo(DateTimeOffset.Parse(now, CultureInfo.InvariantCulture));
        try
        {
            await HoldsAsync($$"""{"time":{{window}}}""", holds);
        }
        finally
        {
            one.Clock.Offset = TimeSpan.Zero;
        }
    }

    [Theory]
    [InlineData("""{"all":[{"os":["iOS"]},{"language":["en"]}]}""", true)]
    [InlineData("""{"all":[{"os":["iOS"]},{"language":["de"]}]}""", false)]
    [InlineData("""{"any":[{"os":["Android"]},{"language":["en"]}]}""", true)]
    [InlineData("""{"any":[{"os":["Android"]},{"language":["de"]}]}""", false)]
    [InlineData("""{"not":{"os":["Android"]}}""", true)]
    [InlineData("""{"not":{"any":[{"os":["Android"]},{"all":[{"device":["mobile"]},{"not":{"language":["de"]}}]}]}}""", false)]
    [InlineData("""{"all":[{"any":[{"os":["iOS"]},{"os":["Android"]}]},{"not":{"device":["tablet"]}},{"query":{"name":"x"}}]}""", true)]
    [InlineData("""{}""", false)]
    public async Task Conditions_combine(string when, bool holds) =>
        await HoldsAsync(when, holds, userAgent: Browser.IPhone, query: "x=1");

    [Fact]
    public async Task The_first_rule_that_holds_decides_and_HEAD_gets_the_same_answer()
    {
        var link = await CreateAsync(new LinkBehavior
        {
            Rules =
            [
                new LinkRule(new RuleCondition { Os = ["Android"] }, "https://e.example/1"),
                new LinkRule(new RuleCondition { Device = ["mobile"] }, "https://e.example/2"),
                new LinkRule(new RuleCondition { Language = ["en"] }, "https://e.example/3"),
            ],
            ForwardQuery = "visitor",
            Utm = new(Source: "s"),
        });

        foreach (var method in new[] { "GET", "HEAD" })
        {
            (await LocationAsync(Browser.Head(method, $"/{link.Code}?a", Browser.Android))).ShouldBe("https://e.example/1?utm_source=s&a");
            (await LocationAsync(Browser.Head(method, $"/{link.Code}", Browser.IPhone))).ShouldBe("https://e.example/2?utm_source=s");
            (await LocationAsync(Browser.Head(method, $"/{link.Code}", Browser.Desktop))).ShouldBe("https://e.example/3?utm_source=s");
            (await LocationAsync(Browser.Head(method, $"/{link.Code}", Browser.Desktop, "Accept-Language: fr"))).ShouldBe(No + "?utm_source=s");
        }
    }

    [Fact]
    public async Task Deep_links_come_before_variants_and_rules_and_crawlers_get_none()
    {
        var link = await CreateAsync(new LinkBehavior
        {
            DeepLinks = new("myapp://item/1?a=%2B", "https://e.example/android"),
            Variants = [new LinkVariant(1, "https://e.example/variant")],
            Rules = [new LinkRule(new RuleCondition { Os = ["iOS", "Android"] }, "https://e.example/rule")],
            Utm = new(Source: "s"),
        });
        var iosOnly = await CreateAsync(new LinkBehavior { DeepLinks = new("https://e.example/ios") });

        (await LocationAsync(Browser.Get("/" + link.Code, Browser.IPhone))).ShouldBe("myapp://item/1?a=%2B", "an app's URL stays unchanged");
        (await LocationAsync(Browser.Get("/" + link.Code, Browser.Android))).ShouldBe("https://e.example/android?utm_source=s");
        (await LocationAsync(Browser.Get("/" + link.Code, Browser.Desktop))).ShouldBe("https://e.example/variant?utm_source=s");
        (await LocationAsync(Browser.Get("/" + link.Code, Browser.Googlebot))).ShouldBe("https://e.example/variant?utm_source=s");
        (await LocationAsync(Browser.Get("/" + iosOnly.Code, Browser.Android))).ShouldBe(No);
        (await LocationAsync(Browser.Head("HEAD", "/" + iosOnly.Code, Browser.IPad))).ShouldBe("https://e.example/ios");
    }

    [Fact]
    public async Task A_described_visit_is_decided_as_a_visit()
    {
        var behavior = new LinkBehavior
        {
            Rules = [new LinkRule(new RuleCondition { Country = ["FR"] }, "https://e.example/fr"), new LinkRule(new RuleCondition { All = [new() { Language = ["de"] }, new() { Device = ["mobile"] }] }, Yes)],
            Variants = [new LinkVariant(3, null, "A"), new LinkVariant(1, "https://e.example/b", "B")],
            DeepLinks = new(Ios: "myapp://1"),
            Preview = new(Title: "Title"),
            ForwardQuery = "visitor",
            Utm = new(Source: "s"),
            PasswordHash = "x",
        };
        async Task<EvaluationOutcome[]> AskAsync(DescribedVisitor visitor, LinkBehavior? with = null, DateTimeOffset? expires = null, DateTimeOffset? from = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/evaluate")
            {
                Content = JsonContent.Create(new EvaluationRequest(No, from, expires, with ?? behavior, visitor, new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero)), options: Json),
            };
            request.Headers.Add(InternalKey.Header, Servers.InternalKey);
            using var response = await _replica.Http.SendAsync(request);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            return [.. (await response.Content.ReadFromJsonAsync<EvaluationResponse>(Json))!.Outcomes];
        }

        (await AskAsync(new() { Country = "DE", Language = "de-AT", Device = "mobile", Os = "Android", Query = "ref=1" })).ShouldBe(
        [
            new EvaluationOutcome("redirect", "rule", 1, "A", 0.75, Yes + "?utm_source=s&ref=1", true),
            new EvaluationOutcome("redirect", "variant", null, "B", 0.25, "https://e.example/b?utm_source=s&ref=1", true),
        ]);
        (await AskAsync(new() { Os = "iOS", Device = "mobile" })).ShouldBe([new EvaluationOutcome("redirect", "deepLink", null, null, 1, "myapp://1", true)]);
        (await AskAsync(new() { Device = "preview" }, behavior with { Variants = null })).ShouldBe([new EvaluationOutcome("preview", "destination", null, null, 1, No + "?utm_source=s", true)]);
        (await AskAsync(new(), new())).ShouldBe([new EvaluationOutcome("redirect", "destination", null, null, 1, No, false)]);
        (await AskAsync(new(), new() { ExpiredUrl = Yes }, expires: new DateTimeOffset(2029, 1, 1, 0, 0, 0, TimeSpan.Zero))).ShouldBe([new EvaluationOutcome("expired", "schedule", null, null, 1, Yes, false)]);
        (await AskAsync(new(), from: new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero))).ShouldBe([new EvaluationOutcome("notYet", "schedule", null, null, 1, null, false)]);

        using var stranger = await _replica.Http.PostAsJsonAsync("/internal/evaluate", new { });
        stranger.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private async Task HoldsAsync(string when, bool holds, string userAgent = Browser.Desktop, string query = "", params string[] fields)
    {
        var link = await CreateAsync(new LinkBehavior { Rules = [new LinkRule(JsonSerializer.Deserialize<RuleCondition>(when, Json)!, Yes)] });

        (await LocationAsync(Browser.Get($"/{link.Code}?{query}", userAgent, fields))).ShouldBe(holds ? Yes : No, when);
    }

    private Task<LinkSnapshot> CreateAsync(LinkBehavior behavior) =>
        _installation.CreateAsync(Installation.Link(Installation.NewCode(), No) with { Behavior = behavior });

    private async Task<string?> LocationAsync(string head) => RawHttp.Field(await RawHttp.SendAsync(_replica.Address, head), "Location");
}
