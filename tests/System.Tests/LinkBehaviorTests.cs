using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using LinkShort.Testing;

namespace LinkShort.SystemTests;

/// <summary>Redirect applies what the API accepts: through links, events, the read model and both gateways.</summary>
public sealed partial class LinkBehaviorTests(WholeSystem system)
{
    private const string IPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";

    [Fact]
    public async Task A_link_with_every_option_leads_each_visitor_to_the_right_destination()
    {
        using var owner = await system.NewUserAsync();
        var options = new
        {
            url = "https://example.com/shop?a=1&utm_source=old&flag&flag#top",
            forwardQuery = "visitor",
            utm = new { source = "newsletter", campaign = "spring & summer" },
            rules = new object[]
            {
                new { when = new { all = new object[] { new { language = new[] { "de" } }, new { not = new { device = new[] { "mobile" } } } } }, url = "https://example.com/de" },
                new { when = new { query = new { name = "ref", values = new[] { "partner" } } }, url = "https://example.com/partners" },
            },
            deepLinks = new { ios = "myapp://item/1?x=%2B" },
            preview = new { title = "Read \"this\"", description = "<b>now</b>" },
        };
        // Where it will lead, as the builder's tester says before there is a link.
        async Task<string?> ToldAsync(object visitor)
        {
            using var answer = await owner.Http.PostAsJsonAsync("/api/v1/links/evaluate", new { link = options, visitor });
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
            return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("outcomes")[0].GetProperty("url").GetString();
        }

        var (told, toldGerman, toldPartner, toldPhone) = (
            await ToldAsync(new { query = "a=2&b", device = "desktop", language = "en" }), await ToldAsync(new { language = "de-AT", device = "desktop" }),
            await ToldAsync(new { query = "ref=partner" }), await ToldAsync(new { os = "iOS", device = "mobile" }));
        var link = await CreateAsync(owner, options);
        using (var changed = await owner.Http.PatchAsJsonAsync($"/api/v1/links/{link.Id}", new { redirectType = 307 }))
        {
            changed.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await Eventually.PassesAsync(async () =>
            (await LocationAsync(link.Code + "?a=2&b")).ShouldBe("https://example.com/shop?flag&flag&utm_source=newsletter&utm_campaign=spring%20%26%20summer&a=2&b#top"));
        (await LocationAsync(link.Code, language: "de-AT")).ShouldBe("https://example.com/de?utm_source=newsletter&utm_campaign=spring%20%26%20summer");
        (await LocationAsync(link.Code + "?ref=partner")).ShouldBe("https://example.com/partners?utm_source=newsletter&utm_campaign=spring%20%26%20summer&ref=partner");
        (await LocationAsync(link.Code, userAgent: IPhone)).ShouldBe("myapp://item/1?x=%2B");
        told.ShouldBe(await LocationAsync(link.Code + "?a=2&b"));
        toldGerman.ShouldBe(await LocationAsync(link.Code, language: "de-AT"));
        toldPartner.ShouldBe(await LocationAsync(link.Code + "?ref=partner"));
        toldPhone.ShouldBe(await LocationAsync(link.Code, userAgent: IPhone));
        using var preview = await FollowAsync(link.Code, "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)");
        preview.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await preview.Content.ReadAsStringAsync()).ShouldContain($"content=\"{system.Gateway.GetLeftPart(UriPartial.Authority)}/{link.Code}\"");
        using var question = await FollowAsync(link.Code + "+");
        (await question.Content.ReadAsStringAsync()).ShouldContain("Some visitors are redirected elsewhere");

        // Renamed, it keeps its old code.
        using var renamed = await owner.Http.PatchAsJsonAsync($"/api/v1/links/{link.Id}", new { code = link.Code + "-new" });
        renamed.StatusCode.ShouldBe(HttpStatusCode.OK, await renamed.Content.ReadAsStringAsync());
        await Eventually.PassesAsync(async () => (await LocationAsync(link.Code + "-new", language: "de")).ShouldStartWith("https://example.com/de"));
        (await LocationAsync(link.Code, language: "de")).ShouldStartWith("https://example.com/de");
    }

    [Fact]
    public async Task A_protected_and_limited_link_opens_once_through_the_gateway()
    {
        using var owner = await system.NewUserAsync();
        var link = await CreateAsync(owner, new { url = "https://example.com/board-papers", password = "correct horse", maxClicks = 1, expiredUrl = "https://example.com/over" });
        using var http = LinkShortClient.Anonymous(system.Gateway);
        http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", LinkShortClient.BrowserUserAgent);
        http.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Language", "en");

        var page = "";
        await Eventually.PassesAsync(async () =>
        {
            using var form = await http.GetAsync(link.Code);
            form.StatusCode.ShouldBe(HttpStatusCode.OK);
            form.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("form-action 'self' https: http:");
            form.Headers.GetValues("Set-Cookie").Single().ShouldStartWith("unlock=");
            page = await form.Content.ReadAsStringAsync();
        });
        (await SubmitAsync("wrong", system.Gateway)).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await SubmitAsync("correct horse", new Uri("https://evil.example"))).Status.ShouldBe(HttpStatusCode.Forbidden);
        (await SubmitAsync("correct horse", system.Gateway)).ShouldBe((HttpStatusCode.SeeOther, "https://example.com/board-papers"));
        (await SubmitAsync("correct horse", system.Gateway)).ShouldBe((HttpStatusCode.SeeOther, "https://example.com/over"));
        (await LocationAsync(link.Code)).ShouldBe("https://example.com/over");
        await Eventually.BecomesAsync(() => owner.ClicksAsync(link.Id), clicks => clicks == 1, TimeSpan.FromSeconds(30));

        async Task<(HttpStatusCode Status, string? Location)> SubmitAsync(string password, Uri origin)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/" + link.Code)
            {
                Content = new FormUrlEncodedContent([new("password", password), new("token", Token().Match(page).Groups[1].Value), new("from", "")]),
            };
            request.Headers.Add("Origin", origin.GetLeftPart(UriPartial.Authority));
            using var answer = await http.SendAsync(request);
            return (answer.StatusCode, LinkShortClient.Location(answer));
        }
    }

    private static async Task<Link> CreateAsync(LinkShortClient owner, object body)
    {
        using var answer = await owner.Http.PostAsJsonAsync("/api/v1/links", body);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Link>(JsonSerializerOptions.Web))!;
    }

    private async Task<string?> LocationAsync(string path, string userAgent = LinkShortClient.BrowserUserAgent, string language = "en")
    {
        using var answer = await FollowAsync(path, userAgent, language);
        answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
        return LinkShortClient.Location(answer);
    }

    private async Task<HttpResponseMessage> FollowAsync(string path, string userAgent = LinkShortClient.BrowserUserAgent, string language = "en")
    {
        using var http = LinkShortClient.Anonymous(system.Gateway);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/" + path);
        request.Headers.TryAddWithoutValidation("User-Agent", userAgent);
        request.Headers.TryAddWithoutValidation("Accept-Language", language);
        return await http.SendAsync(request);
    }

    [GeneratedRegex("name=\"token\" type=\"hidden\" value=\"([^\"]*)\"")]
    private static partial Regex Token();
}
