using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Links.Tests;

/// <summary>The behaviour fields: stored, returned and published.</summary>
public sealed class BehaviorTests(LinksFixture fixture)
{
    /// <summary>A body with every field.</summary>
    private const string Everything = """
        {
          "url": "https://example.com/%2B?a&b=1&b=2#top",
          "expiresAt": "2090-01-01T00:00:00Z",
          "expiredUrl": "https://example.com/over",
          "maxClicks": 1000000000,
          "password": "Sesam öffne dich",
          "forwardQuery": "destination",
          "utm": { "source": " newsletter ", "medium": "email", "campaign": "spring & summer", "term": "a=b", "content": "é" },
          "rules": [
            { "when": { "all": [ { "country": ["de", "AT", "DE"] }, { "not": { "device": ["Bot"] } }, { "any": [ { "os": ["iOS"] }, { "browser": ["Safari"] } ] } ] }, "url": "https://example.com/dach" },
            { "when": { "continent": ["eu"] }, "url": "https://example.com/eu" },
            { "when": { "region": ["Bavaria"] }, "url": "https://example.com/by" },
            { "when": { "city": [" Munich "] }, "url": "https://example.com/muc" },
            { "when": { "language": ["de", "PT-br", "zh-hant-tw", "es-419"] }, "url": "https://example.com/lang" },
            { "when": { "referrer": ["Example.ORG", "direct", "bücher.example"] }, "url": "https://example.com/ref" },
            { "when": { "time": { "timeZone": "Europe/Berlin", "from": "22:00", "to": "06:00", "days": ["Fri", "sat"] } }, "url": "https://example.com/night" },
            { "when": { "query": { "name": "ref", "values": ["", "a b"] } }, "url": "https://example.com/q" },
            { "when": { "query": { "name": "debug" } }, "url": "https://example.com/d" }
          ],
          "variants": [ { "weight": 1, "url": "https://example.com/a" }, { "weight": 1000, "name": "A" }, { "weight": 5, "url": "https://example.com/c", "name": "Big button" } ],
          "preview": { "title": "Come in", "description": "Line one\nLine two", "image": "https://example.com/card.png" },
          "deepLinks": { "ios": "https://example.com/app", "android": "myapp://item/1?x=%20" },
          "cacheSeconds": 86400,
          "allowIndexing": true
        }
        """;

    private readonly LinksService _links = fixture.Links;

    [Fact]
    public async Task Every_field_is_in_every_response_and_reaches_redirect()
    {
        using var client = _links.ClientOf();
        var created = await client.SendAsync(HttpMethod.Post, "/api/v1/links", Everything);
        created.Status.ShouldBe(HttpStatusCode.Created, created.Text);
        created.Text.ShouldNotContain("Sesam");
        created.Text.ShouldNotContain("assword\":\"");
        var link = created.Json;
        var id = Guid.Parse((string)link["id"]!);

        ShouldBeJson(link, "expiredUrl", "\"https://example.com/over\"");
        ShouldBeJson(link, "maxClicks", "1000000000");
        ShouldBeJson(link, "hasPassword", "true");
        ShouldBeJson(link, "forwardQuery", "\"destination\"");
        ShouldBeJson(link, "utm", """{"source":"newsletter","medium":"email","campaign":"spring & summer","term":"a=b","content":"é"}""");
        ShouldBeJson(link, "rules", """
            [
              {"when":{"all":[{"country":["DE","AT"]},{"not":{"device":["bot"]}},{"any":[{"os":["iOS"]},{"browser":["Safari"]}]}]},"url":"https://example.com/dach"},
              {"when":{"continent":["EU"]},"url":"https://example.com/eu"},
              {"when":{"region":["Bavaria"]},"url":"https://example.com/by"},
              {"when":{"city":["Munich"]},"url":"https://example.com/muc"},
              {"when":{"language":["de","pt-BR","zh-Hant-TW","es-419"]},"url":"https://example.com/lang"},
              {"when":{"referrer":["example.org","direct","xn--bcher-kva.example"]},"url":"https://example.com/ref"},
              {"when":{"time":{"timeZone":"Europe/Berlin","from":"22:00","to":"06:00","days":["fri","sat"]}},"url":"https://example.com/night"},
              {"when":{"query":{"name":"ref","values":["","a b"]}},"url":"https://example.com/q"},
              {"when":{"query":{"name":"debug"}},"url":"https://example.com/d"}
            ]
            """);
        ShouldBeJson(link, "variants", """
            [{"weight":1,"url":"https://example.com/a","name":"B"},{"weight":1000,"name":"A"},{"weight":5,"url":"https://example.com/c","name":"Big button"}]
            """);
        ShouldBeJson(link, "preview", """{"title":"Come in","description":"Line one\nLine two","image":"https://example.com/card.png"}""");
        ShouldBeJson(link, "deepLinks", """{"ios":"https://example.com/app","android":"myapp://item/1?x=%20"}""");
        ShouldBeJson(link, "cacheSeconds", "86400");
        ShouldBeJson(link, "allowIndexing", "true");
        ShouldBeJson(link, "aliases", "[]");
        // Parameters merged at the redirect are never written into the destination.
        ((string)link["url"]!).ShouldBe("https://example.com/%2B?a&b=1&b=2#top");

        (await client.GetAsync(id)).Text.ShouldBe(created.Text);
        (await client.ListAllAsync("")).Single().ToJsonString().ShouldBe(link.ToJsonString());

        await fixture.Events.WaitForAsync(id, 1);
        using var redirect = _links.Internal();
        var byCode = await redirect.GetFromJsonAsync<LinkSnapshot>($"/internal/routes/by-code?code={link["code"]}");
        var line = (await redirect.GetStringAsync(new Uri($"/internal/routes?after={Before(id)}&limit=1", UriKind.Relative))).TrimEnd('\n');
        foreach (var snapshot in new[] { fixture.Events.ChangesOf(id).Single(), byCode!, JsonSerializer.Deserialize<LinkSnapshot>(line, JsonSerializerOptions.Web)! })
        {
            snapshot.LinkId.ShouldBe(id);
            snapshot.Destination.ShouldBe("https://example.com/%2B?a&b=1&b=2#top");
            snapshot.Aliases.ShouldBeNull();
            var behavior = snapshot.Behavior.ShouldNotBeNull();
            behavior.ExpiredUrl.ShouldBe("https://example.com/over");
            behavior.MaxClicks.ShouldBe(1_000_000_000);
            behavior.ForwardQuery.ShouldBe("destination");
            behavior.Utm.ShouldBe(new LinkUtm("newsletter", "email", "spring & summer", "a=b", "é"));
            behavior.Rules!.Count.ShouldBe(9);
            behavior.Rules[0].When.All![0].Country.ShouldBe(["DE", "AT"]);
            behavior.Rules[0].When.All![1].Not!.Device.ShouldBe(["bot"]);
            behavior.Rules[6].When.Time!.Days.ShouldBe(["fri", "sat"]);
            behavior.Variants.ShouldBe([new(1, "https://example.com/a", "B"), new(1000, null, "A"), new(5, "https://example.com/c", "Big button")]);
            behavior.Preview.ShouldBe(new LinkPreview("Come in", "Line one\nLine two", "https://example.com/card.png"));
            behavior.DeepLinks.ShouldBe(new LinkDeepLinks("https://example.com/app", "myapp://item/1?x=%20"));
            behavior.CacheSeconds.ShouldBe(86_400);
            behavior.AllowIndexing.ShouldBe(true);
            new PasswordHasher<LinkBehavior>().VerifyHashedPassword(behavior, behavior.PasswordHash!, "Sesam öffne dich").ShouldBe(PasswordVerificationResult.Success);
            new PasswordHasher<LinkBehavior>().VerifyHashedPassword(behavior, behavior.PasswordHash!, "sesam öffne dich").ShouldBe(PasswordVerificationResult.Failed);
        }

        // Unset fields are not published.
        line.ShouldNotContain("null,\"any\"");
        line.ShouldNotContain("\"region\":null");
    }

    [Fact]
    public async Task A_response_can_be_sent_back_and_changes_nothing()
    {
        using var client = _links.ClientOf();
        var link = (await client.SendAsync(HttpMethod.Post, "/api/v1/links", Everything)).Json;
        var echo = new JsonObject(new[]
        {
            "url", "code", "aliases", "title", "notes", "tags", "redirectType", "activeFrom", "expiresAt", "expiredUrl", "maxClicks", "forwardQuery", "utm", "rules",
            "variants", "preview", "deepLinks", "cacheSeconds", "allowIndexing",
        }.Select(name => KeyValuePair.Create(name, link[name]?.DeepClone())));
        var answer = await client.ChangeAsync(link["id"]!, echo);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
        answer.Header("ETag").ShouldBe("\"v1\"");
        answer.Json.ToJsonString().ShouldBe(link.ToJsonString());
        // Neither is the same password: another hash of it would be a new version.
        (await client.ChangeAsync(link["id"]!, new { password = "Sesam öffne dich" })).Header("ETag").ShouldBe("\"v1\"");
        (await client.ChangeAsync(link["id"]!, new { password = "Another" })).Header("ETag").ShouldBe("\"v2\"");
    }

    [Fact]
    public async Task A_plain_link_has_no_behaviour()
    {
        using var client = _links.ClientOf();
        foreach (var body in new[]
        {
            """{"url":"https://example.com/"}""",
            """{"url":"https://example.com/","expiredUrl":null,"maxClicks":null,"password":null,"forwardQuery":null,"utm":null,"rules":null,"variants":null,"preview":null,"deepLinks":null,"cacheSeconds":null,"allowIndexing":null}""",
            """{"url":"https://example.com/","forwardQuery":false,"utm":{},"rules":[],"variants":[],"preview":{},"deepLinks":{},"cacheSeconds":0,"allowIndexing":false}""",
            """{"url":"https://example.com/","forwardQuery":"off","utm":{"source":" ","term":null},"preview":{"title":""},"deepLinks":{"ios":null}}""",
        })
        {
            var answer = await client.SendAsync(HttpMethod.Post, "/api/v1/links", body);
            answer.Status.ShouldBe(HttpStatusCode.Created, answer.Text);
            var link = answer.Json;
            foreach (var field in new[] { "expiredUrl", "maxClicks", "utm", "preview", "deepLinks", "cacheSeconds" })
            {
                link.ContainsKey(field).ShouldBeTrue(field);
                link[field].ShouldBeNull(field);
            }

            ShouldBeJson(link, "hasPassword", "false");
            ShouldBeJson(link, "forwardQuery", "\"off\"");
            ShouldBeJson(link, "rules", "[]");
            ShouldBeJson(link, "variants", "[]");
            ShouldBeJson(link, "allowIndexing", "false");
            var id = Guid.Parse((string)link["id"]!);
            await fixture.Events.WaitForAsync(id, 1);
            fixture.Events.ChangesOf(id).Single().Behavior.ShouldBeNull();
        }
    }

    [Theory]
    [InlineData("expiredUrl", "\"https://example.com/other\"", "null")]
    [InlineData("maxClicks", "1", "null")]
    [InlineData("forwardQuery", "\"visitor\"", "\"off\"")]
    [InlineData("utm", """{"source":"x"}""", "null")]
    [InlineData("rules", """[{"when":{"country":["DE"]},"url":"https://example.com/de"}]""", "[]")]
    [InlineData("variants", """[{"weight":1,"url":"https://example.com/a","name":"A"}]""", "[]")]
    [InlineData("preview", """{"title":"x"}""", "null")]
    [InlineData("deepLinks", """{"ios":"myapp://x"}""", "null")]
    [InlineData("cacheSeconds", "1", "null")]
    [InlineData("notes", "\"kept\"", "null")]
    public async Task A_change_of_one_field_keeps_the_others_and_null_clears_it(string field, string value, string cleared)
    {
        using var client = _links.ClientOf();
        var link = (await client.SendAsync(HttpMethod.Post, "/api/v1/links", Everything)).Json;
        var set = await client.ChangeAsync(link["id"]!, $$"""{"{{field}}":{{value}}}""");
        set.Status.ShouldBe(HttpStatusCode.OK, set.Text);
        ShouldBeJson(set.Json, field, value);
        set.Header("ETag").ShouldBe("\"v2\"");
        ShouldDifferOnlyIn(set.Json, link, field);
        // Repeated, it is not a change.
        (await client.ChangeAsync(link["id"]!, $$"""{"{{field}}":{{value}}}""")).Header("ETag").ShouldBe("\"v2\"");

        var clear = await client.ChangeAsync(link["id"]!, $$"""{"{{field}}":null}""");
        ShouldBeJson(clear.Json, field, cleared);
        clear.Header("ETag").ShouldBe("\"v3\"");
        ShouldDifferOnlyIn(clear.Json, link, field);
        (await client.GetAsync(link["id"]!)).Text.ShouldBe(clear.Text);
        ((bool)(await client.ChangeAsync(link["id"]!, """{"allowIndexing":false}""")).Json["allowIndexing"]!).ShouldBeFalse();
    }

    [Fact]
    public async Task A_link_that_loses_its_last_field_is_plain_again()
    {
        using var client = _links.ClientOf();
        var link = await client.CreatedAsync(new { url = "https://example.com/", password = "x", maxClicks = 3 });
        var id = Guid.Parse((string)link["id"]!);
        ShouldBeJson((await client.ChangeAsync(id, """{"password":null}""")).Json, "hasPassword", "false");
        await client.ChangeAsync(id, """{"maxClicks":null}""");
        await fixture.Events.WaitForAsync(id, 3);
        fixture.Events.ChangesOf(id).OrderBy(change => change.Version)
            .Select(change => (change.Behavior?.PasswordHash is not null, change.Behavior?.MaxClicks)).ShouldBe([(true, 3L), (false, 3L), (false, null)]);
        fixture.Events.ChangesOf(id).Single(change => change.Version == 3).Behavior.ShouldBeNull();
    }

    [Fact]
    public async Task The_plain_password_is_stored_nowhere()
    {
        await using var links = await fixture.StartAsync();
        using var client = links.ClientOf();
        var password = $"planted-{Guid.NewGuid():N}";
        var link = (await client.CreateAsync(new { url = "https://example.com/", password }, "key")).Json;
        (await client.CreateAsync(new { url = "https://example.com/", password }, "key")).Header("Idempotency-Replayed").ShouldBe("true");
        await client.ChangeAsync(link["id"]!, new { password = password + "2" });
        (await links.ContentsAsync()).ShouldNotContain(password);
    }

    [Theory]
    [InlineData("true", "visitor")]
    [InlineData("false", "off")]
    [InlineData("\"visitor\"", "visitor")]
    [InlineData("\"destination\"", "destination")]
    [InlineData("\"off\"", "off")]
    public async Task Query_forwarding_is_a_word_or_a_boolean(string value, string shown)
    {
        using var client = _links.ClientOf();
        var answer = await client.SendAsync(HttpMethod.Post, "/api/v1/links", $$"""{"url":"https://example.com/","forwardQuery":{{value}}}""");
        ShouldBeJson(answer.Json, "forwardQuery", $"\"{shown}\"");
    }

    [Fact]
    public async Task Repeating_a_creation_returns_the_same_link_with_all_its_fields()
    {
        using var client = _links.ClientOf();
        var first = await client.SendAsync(HttpMethod.Post, "/api/v1/links", Everything, ("Idempotency-Key", "all"));
        var again = await client.SendAsync(HttpMethod.Post, "/api/v1/links", Everything, ("Idempotency-Key", "all"));
        again.Header("Idempotency-Replayed").ShouldBe("true");
        again.Text.ShouldBe(first.Text);
        (await client.ListAllAsync("")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Limits_can_be_exhausted()
    {
        using var client = _links.ClientOf();
        var longest = "https://example.com/" + new string('x', 2048 - 20);
        var fifty = new[] { "DE" }.Concat(Enumerable.Range(0, 49).Select(_ => "de")).ToArray();
        object Leaf() => new { country = fifty };
        object Deep(int depth) => depth == 1 ? Leaf() : new { not = Deep(depth - 1) };
        var body = new
        {
            url = longest,
            expiredUrl = longest,
            password = new string('p', 128),
            // 50 rules of two conditions each, one of them at depth 5.
            rules = Enumerable.Range(0, 50).Select(_ => new { when = new { all = new[] { Leaf(), Deep(4) } }, url = longest }).ToArray(),
            variants = Enumerable.Range(0, 10).Select(i => new { weight = 1000, url = longest, name = $"{i}".PadLeft(50, 'n') }).ToArray(),
            preview = new { title = new string('t', 255), description = new string('d', 500), image = longest },
            deepLinks = new { ios = longest, android = "myapp://" + new string('x', 2040) },
            utm = new { source = new string('s', 255), medium = new string('m', 255), campaign = new string('c', 255), term = new string('t', 255), content = new string('c', 255) },
        };
        var link = await client.CreatedAsync(body);
        link["rules"]!.AsArray().Count.ShouldBe(50);
        (await client.ChangeAsync(link["id"]!, new { body.rules, title = "x" })).Status.ShouldBe(HttpStatusCode.OK);
        await fixture.Events.WaitForAsync(Guid.Parse((string)link["id"]!), 2);
    }

    [Theory]
    [InlineData("https://example.com/app")]
    [InlineData("myapp://item/1")]
    [InlineData("fb://profile/4")]
    [InlineData("com.example.app://open?x=%20&y=[1]#z")]
    [InlineData("whatsapp://send?text=hello")]
    [InlineData("itms-apps://apps.apple.com/app/id1")]
    [InlineData("market://details?id=com.example")]
    public async Task An_apps_own_URL_is_kept_unchanged(string address)
    {
        using var client = _links.ClientOf();
        var link = await client.CreatedAsync(new { url = "https://example.com/", deepLinks = new { ios = address, android = address } });
        ((string)link["deepLinks"]!["ios"]!).ShouldBe(address);
        ((string)link["deepLinks"]!["android"]!).ShouldBe(address);
    }

    [Theory]
    [InlineData("UTC")]
    [InlineData("Etc/GMT+5")]
    [InlineData("America/Argentina/Buenos_Aires")]
    [InlineData("America/Port-au-Prince")]
    [InlineData("Asia/Kathmandu")]
    [InlineData("US/Eastern")]
    public async Task Time_zones_are_those_of_IANA(string zone)
    {
        using var client = _links.ClientOf();
        await client.CreatedAsync(new
        {
            url = "https://example.com/",
            rules = new[] { new { when = new { time = new { timeZone = zone, days = new[] { "mon" } } }, url = "https://example.com/monday" } },
        });
    }

    private static Guid Before(Guid id)
    {
        var bytes = id.ToByteArray(bigEndian: true);
        for (var i = bytes.Length - 1; bytes[i]-- == 0; i--)
        {
            // Borrowed from the preceding byte.
        }

        return new Guid(bytes, bigEndian: true);
    }

    private static void ShouldBeJson(JsonObject link, string field, string json) =>
        JsonNode.DeepEquals(link[field], JsonNode.Parse(json)).ShouldBeTrue($"{field} is {link[field]?.ToJsonString()}");

    private static void ShouldDifferOnlyIn(JsonObject changed, JsonObject before, string field)
    {
        foreach (var (name, value) in before)
        {
            if (name != field && name is not ("updatedAt" or "version"))
            {
                JsonNode.DeepEquals(changed[name], value).ShouldBeTrue(name);
            }
        }
    }
}
