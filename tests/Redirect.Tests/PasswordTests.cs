using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using LinkShort.Contracts;
using LinkShort.Testing;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Tests;

/// <summary>Protected links, as browsers see them.</summary>
[Collection(nameof(OneReplica))]
public sealed partial class PasswordTests(OneReplica one)
{
    private const string Secret = "p\u00e4ss w\u00f6rd & + %";

    private static readonly string Hash = HashOf(Secret);

    private readonly Installation _installation = one.Installation;
    private readonly ReplicaProcess _replica = one.Replica;

    [Fact]
    public async Task The_form_is_shown_and_the_right_password_redirects_and_is_remembered_without_a_cookie_on_any_redirect()
    {
        var link = await ProtectedAsync();
        using var visitor = new Visitor(_replica.Address);

        using var form = await visitor.GetAsync(link.Code);
        form.StatusCode.ShouldBe(HttpStatusCode.OK);
        form.Headers.CacheControl!.ToString().ShouldBe("no-store, private");
        form.Headers.GetValues("X-Robots-Tag").ShouldBe(["noindex"]);
        form.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("form-action 'self' https: http:");
        form.Headers.GetValues("Referrer-Policy").ShouldBe(["same-origin"]);
        var cookie = form.Headers.GetValues("Set-Cookie").Single();
        cookie.ShouldContain("; max-age=1800; path=/" + link.Code + "; samesite=lax; httponly", Case.Insensitive);
        cookie.ShouldNotContain("secure", Case.Insensitive);
        var page = await form.Content.ReadAsStringAsync();
        page.ShouldNotContain("e.example");
        page.ShouldNotContain("script");

        using var wrong = await visitor.SubmitAsync(link.Code, page, "wrong");
        wrong.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await wrong.Content.ReadAsStringAsync()).ShouldContain("Wrong password.");
        wrong.Headers.Contains("Location").ShouldBeFalse();

        using var right = await visitor.SubmitAsync(link.Code, await wrong.Content.ReadAsStringAsync(), Secret);
        right.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        right.Headers.Location!.OriginalString.ShouldBe("https://e.example/secret");
        right.Headers.Contains("Set-Cookie").ShouldBeFalse();
        right.Headers.CacheControl!.ToString().ShouldBe("no-store, private");

        using var again = await visitor.GetAsync(link.Code);
        again.StatusCode.ShouldBe(HttpStatusCode.TemporaryRedirect);
        again.Headers.Contains("Set-Cookie").ShouldBeFalse();

        // Another visitor is asked, and so is this one at another link with the same password.
        using var stranger = new Visitor(_replica.Address);
        using var asked = await stranger.GetAsync(link.Code);
        asked.StatusCode.ShouldBe(HttpStatusCode.OK);
        var other = await ProtectedAsync();
        using var elsewhere = await visitor.GetAsync(other.Code, cookie.Split(';')[0]);
        elsewhere.StatusCode.ShouldBe(HttpStatusCode.OK);

        // With a new password visitors are asked again, and without one they are redirected.
        link = await _installation.CreateAsync(link with { Version = 2, Behavior = new() { PasswordHash = HashOf("new one") } });
        await Eventually.PassesAsync(async () =>
        {
            using var changed = await visitor.GetAsync(link.Code);
            changed.StatusCode.ShouldBe(HttpStatusCode.OK);
        });
        link = await _installation.CreateAsync(link with { Version = 3, Behavior = null });
        await Eventually.BecomesAsync(() => _replica.FollowAsync(link.Code), answer => answer == "https://e.example/secret");
    }

    [Fact]
    public async Task Rules_the_limit_and_the_count_apply_to_visitors_who_entered_the_password()
    {
        var link = await ProtectedAsync(new LinkBehavior
        {
            MaxClicks = 1,
            ForwardQuery = "visitor",
            Rules = [new LinkRule(new RuleCondition { Referrer = ["news.example"] }, "https://e.example/from-news")],
        });
        using var visitor = new Visitor(_replica.Address);
        using var form = await visitor.GetAsync(link.Code + "?a=%2B", fields: ("Referer", "https://news.example/x?\"<>&"));
        var page = await form.Content.ReadAsStringAsync();
        using (var wrong = await visitor.SubmitAsync(link.Code + "?a=%2B", page, "wrong"))
        {
            wrong.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            page = await wrong.Content.ReadAsStringAsync();
        }

        var before = _installation.Clicks.Count(click => click.LinkId == link.LinkId);
        using var right = await visitor.SubmitAsync(link.Code + "?a=%2B", page, Secret);

        before.ShouldBe(0);
        right.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        right.Headers.Location!.OriginalString.ShouldBe("https://e.example/from-news?a=%2B", "the referrer is known after the form");
        var click = await Eventually.BecomesAsync(
            () => Task.FromResult(_installation.Clicks.SingleOrDefault(click => click.LinkId == link.LinkId)), click => click is not null);
        click!.Referrer.ShouldBe("https://news.example/x?\"<>&");

        // The limit comes before the password, for remembered and new visitors, and for submitted forms.
        using var gone = await visitor.GetAsync(link.Code);
        gone.StatusCode.ShouldBe(HttpStatusCode.Gone);
        using var stranger = new Visitor(_replica.Address);
        using var formless = await stranger.GetAsync(link.Code);
        formless.StatusCode.ShouldBe(HttpStatusCode.Gone);
        using var late = await stranger.SubmitAsync(link.Code, page, Secret);
        late.StatusCode.ShouldBe(HttpStatusCode.Gone);
    }

    [Fact]
    public async Task Without_cookies_visitors_are_asked_each_time()
    {
        var link = await ProtectedAsync();
        using var visitor = new Visitor(_replica.Address, keepsCookies: false);
        for (var i = 0; i < 2; i++)
        {
            using var form = await visitor.GetAsync(link.Code);
            form.StatusCode.ShouldBe(HttpStatusCode.OK);
            using var right = await visitor.SubmitAsync(link.Code, await form.Content.ReadAsStringAsync(), Secret);
            right.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
        }
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task A_form_of_another_site_is_refused(string field, string value)
    {
        var link = await ProtectedAsync();
        using var visitor = new Visitor(_replica.Address);
        using var form = await visitor.GetAsync(link.Code);

        using var answer = await visitor.SubmitAsync(link.Code, await form.Content.ReadAsStringAsync(), Secret, (field, value));

        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        answer.Headers.Location.ShouldBeNull();
    }

    [Fact]
    public async Task A_forged_form_or_one_for_another_link_is_refused_and_costs_no_attempt()
    {
        var link = await ProtectedAsync();
        var other = await ProtectedAsync();
        using var visitor = new Visitor(_replica.Address);
        using var form = await visitor.GetAsync(link.Code);
        var page = await form.Content.ReadAsStringAsync();
        using var otherForm = await visitor.GetAsync(other.Code);
        var otherPage = await otherForm.Content.ReadAsStringAsync();
        var token = Token().Match(page).Groups[1].Value;
        string[] pages =
        [
            "", otherPage, page.Replace(token, "", StringComparison.Ordinal), page.Replace(token, token[..^1], StringComparison.Ordinal),
            page.Replace(token, (token[0] == 'A' ? "B" : "A") + token[1..], StringComparison.Ordinal), page.Replace(token, new string('A', token.Length), StringComparison.Ordinal),
            page.Replace(token, "\u00e4\u0001", StringComparison.Ordinal),
        ];
        foreach (var altered in pages)
        {
            using var answer = await visitor.SubmitAsync(link.Code, altered, Secret);
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        }

        using var right = await visitor.SubmitAsync(link.Code, page, Secret, ("Origin", _replica.Address.GetLeftPart(UriPartial.Authority)), ("Sec-Fetch-Site", "same-origin"));
        right.StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task A_visitor_has_five_wrong_attempts_in_a_quarter_of_an_hour_and_right_ones_do_not_count()
    {
        var link = await ProtectedAsync();
        for (var i = 0; i < 7; i++)
        {
            (await TryAsync(link, "203.0.113.1", Secret)).Status.ShouldBe(HttpStatusCode.SeeOther);
        }

        for (var i = 0; i < 5; i++)
        {
            (await TryAsync(link, "203.0.113.1", "wrong")).Status.ShouldBe(HttpStatusCode.Forbidden);
        }

        var (status, retryAfter) = await TryAsync(link, "203.0.113.1", Secret);
        status.ShouldBe(HttpStatusCode.TooManyRequests);
        retryAfter.ShouldBeInRange(600, 900);
        (await TryAsync(link, "203.0.113.2", Secret)).Status.ShouldBe(HttpStatusCode.SeeOther);
        // In IPv6 a customer's network is one visitor.
        for (var i = 0; i < 5; i++)
        {
            (await TryAsync(link, $"2001:db8:0:1::{i}", "wrong")).Status.ShouldBe(HttpStatusCode.Forbidden);
        }

        (await TryAsync(link, "2001:db8:0:1:ffff::1", Secret)).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await TryAsync(link, "2001:db8:0:2::1", Secret)).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await TryAsync(await ProtectedAsync(), "203.0.113.1", Secret)).Status.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task Concurrent_attempts_exceed_neither_the_visitors_limit_nor_the_links()
    {
        var link = await ProtectedAsync();
        var one = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => TryAsync(link, "203.0.113.1", "wrong")));
        one.Count(answer => answer.Status == HttpStatusCode.Forbidden).ShouldBe(5);

        List<HttpStatusCode> many = [];
        foreach (var batch in Enumerable.Range(0, 104).Chunk(26))
        {
            many.AddRange((await Task.WhenAll(batch.Select(number => TryAsync(link, $"198.51.100.{number}", "wrong")))).Select(answer => answer.Status));
        }

        many.Count(status => status == HttpStatusCode.Forbidden).ShouldBe(95);
        many.Count(status => status == HttpStatusCode.TooManyRequests).ShouldBe(9);
        (await TryAsync(link, "192.0.2.1", Secret)).Status.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Theory]
    [InlineData("caf\u00E9", "cafe\u0301")]
    [InlineData("caf\u00E9", "caf\u00E9")]
    // A hash from before passwords were composed.
    [InlineData("cafe\u0301", "cafe\u0301")]
    public async Task A_password_opens_the_link_however_its_accents_are_composed(string hashed, string typed)
    {
        var link = await _installation.CreateAsync(
            Installation.Link(Installation.NewCode(), "https://e.example/secret", 307) with { Behavior = new() { PasswordHash = HashOf(hashed) } });
        (await TryAsync(link, "203.0.113.77", typed)).Status.ShouldBe(HttpStatusCode.SeeOther);
        (await TryAsync(link, "203.0.113.77", "cafe")).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Malformed_forms_are_refused()
    {
        var link = await ProtectedAsync();
        var plain = await _installation.CreateAsync(Installation.Link(Installation.NewCode()));
        (await PostAsync(link.Code, new string('x', 20_000), "application/x-www-form-urlencoded")).ShouldBe(HttpStatusCode.Forbidden);
        (await PostAsync(link.Code, string.Concat(Enumerable.Repeat("a=b&", 100)), "application/x-www-form-urlencoded")).ShouldBe(HttpStatusCode.Forbidden);
        (await PostAsync(link.Code, "%zz=%&&=", "application/x-www-form-urlencoded; charset=nonsense")).ShouldBe(HttpStatusCode.Forbidden);
        (await PostAsync(link.Code, "{}", "application/json")).ShouldBe(HttpStatusCode.MethodNotAllowed);
        (await PostAsync(plain.Code, "password=x", "application/x-www-form-urlencoded")).ShouldBe(HttpStatusCode.MethodNotAllowed);
        (await PostAsync(link.Code + "+", "password=x", "application/x-www-form-urlencoded")).ShouldBe(HttpStatusCode.MethodNotAllowed);
        (await PostAsync(Installation.NewCode(), "password=x", "application/x-www-form-urlencoded")).ShouldBe(HttpStatusCode.NotFound);

        async Task<HttpStatusCode> PostAsync(string code, string body, string type)
        {
            using var content = new StringContent(body);
            content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(type);
            using var response = await _replica.Http.PostAsync("/" + code, content);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task HEAD_gets_no_cookie_crawlers_get_the_form_and_the_plus_page_shows_no_destination()
    {
        var link = await ProtectedAsync(new LinkBehavior { Preview = new("secret title") });

        var head = await RawHttp.SendAsync(_replica.Address, Browser.Head("HEAD", "/" + link.Code, Browser.Desktop));
        var crawler = await RawHttp.SendAsync(_replica.Address, Browser.Get("/" + link.Code, Browser.Slackbot));
        var question = await RawHttp.SendAsync(_replica.Address, Browser.Get($"/{link.Code}+"));

        RawHttp.StatusOf(head).ShouldBe(200);
        head.Split("\r\n\r\n")[1].ShouldBeEmpty();
        RawHttp.Field(head, "Set-Cookie").ShouldBeNull();
        RawHttp.StatusOf(crawler).ShouldBe(200);
        crawler.ShouldContain("This link is protected");
        crawler.ShouldNotContain("secret");
        RawHttp.StatusOf(question).ShouldBe(200);
        question.ShouldContain("This link is protected");
        question.ShouldNotContain("e.example");
    }

    [Fact]
    public async Task Behind_a_gateway_with_TLS_the_cookie_is_secure_and_the_visitors_own_host_is_the_origin()
    {
        var link = await ProtectedAsync();
        string[] fields = ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https", "X-Forwarded-Host: go.example", "X-Proxy-Key: " + Installation.ProxyProof];

        var form = await RawHttp.SendAsync(_replica.Address, Browser.Get($"/{link.Code}/", Browser.Desktop, fields));
        RawHttp.Field(form, "Set-Cookie")!.ShouldContain($"path=/{link.Code}; secure;");

        var body = "token=" + Token().Match(form).Groups[1].Value + "&password=" + Uri.EscapeDataString(Secret);
        (await SubmitAsync("https://go.example")).ShouldBe(303);
        (await SubmitAsync($"http://{_replica.Address.Authority}")).ShouldBe(403);

        async Task<int> SubmitAsync(string origin) => RawHttp.StatusOf(await RawHttp.SendAsync(
            _replica.Address,
            Browser.Head("POST", "/" + link.Code, Browser.Desktop, [.. fields, "Origin: " + origin, "Content-Type: application/x-www-form-urlencoded", $"Content-Length: {body.Length}"]),
            body));
    }

    /// <summary>With one iteration, because the strength of the hash is not under test; a hash includes the number.</summary>
    internal static string HashOf(string password) =>
        new PasswordHasher<LinkBehavior>(Options.Create(new PasswordHasherOptions { IterationCount = 1 })).HashPassword(new LinkBehavior(), password);

    private Task<LinkSnapshot> ProtectedAsync(LinkBehavior? behavior = null) => _installation.CreateAsync(
        Installation.Link(Installation.NewCode(), "https://e.example/secret", 307) with { Behavior = (behavior ?? new()) with { PasswordHash = Hash } });

    private async Task<(HttpStatusCode Status, int RetryAfter)> TryAsync(LinkSnapshot link, string address, string password)
    {
        using var visitor = new Visitor(_replica.Address, keepsCookies: false, address);
        using var form = await visitor.GetAsync(link.Code);
        using var answer = await visitor.SubmitAsync(link.Code, await form.Content.ReadAsStringAsync(), password);
        return (answer.StatusCode, answer.Headers.RetryAfter is { } wait ? int.Parse(wait.ToString(), CultureInfo.InvariantCulture) : 0);
    }

    [GeneratedRegex("name=\"token\" type=\"hidden\" value=\"([^\"]*)\"")]
    internal static partial Regex Token();

    [GeneratedRegex("name=\"from\" type=\"hidden\" value=\"([^\"]*)\"")]
    private static partial Regex From();

    /// <summary>A browser that stores cookies by path and submits forms with all their fields.</summary>
    internal sealed class Visitor : IDisposable
    {
        private readonly HttpClient _http;

        public Visitor(Uri address, bool keepsCookies = true, string? from = null)
        {
            _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = keepsCookies, CookieContainer = new() }) { BaseAddress = address };
            _http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", Browser.Desktop);
            _http.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Language", "en");
            if (from is not null)
            {
                _http.DefaultRequestHeaders.Add("X-Forwarded-For", from);
                _http.DefaultRequestHeaders.Add("X-Proxy-Key", Installation.ProxyProof);
            }
        }

        public async Task<HttpResponseMessage> GetAsync(string path, string? cookie = null, params (string Name, string Value)[] fields)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/" + path);
            foreach (var (name, value) in fields)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            if (cookie is not null)
            {
                request.Headers.TryAddWithoutValidation("Cookie", cookie);
            }

            return await _http.SendAsync(request);
        }

        public async Task<HttpResponseMessage> SubmitAsync(string path, string page, string password, params (string Name, string Value)[] fields)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/" + path)
            {
                Content = new FormUrlEncodedContent(new Dictionary<string, string>
                {
                    ["password"] = password,
                    ["token"] = WebUtility.HtmlDecode(Token().Match(page).Groups[1].Value),
                    ["from"] = WebUtility.HtmlDecode(From().Match(page).Groups[1].Value),
                }),
            };
            foreach (var (name, value) in fields)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            return await _http.SendAsync(request);
        }

        public void Dispose() => _http.Dispose();
    }
}
