using System.Net;
using System.Text.RegularExpressions;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>Every endpoint of the web app, from its own routing: requests that another site's page could make a visitor's browser send.</summary>
[Collection(nameof(WebStand))]
public sealed class ForgeryTests(WebStand stand)
{
    [Fact]
    public async Task Writes_without_a_token_with_another_users_or_from_another_site_change_nothing_at_any_endpoint()
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        using var victim = await stand.VisitSignedInAsync(account);
        using var attacker = await stand.VisitSignedInAsync(stand.NewAccount());
        var own = await victim.ForgeryTokenAsync();
        var foreign = await attacker.ForgeryTokenAsync();
        var writes = stand.Web.Writes();
        writes.Count.ShouldBeGreaterThan(8);

        foreach (var (method, path) in writes)
        {
            var marker = "forged-" + Guid.NewGuid().ToString("N");
            foreach (var (what, token, header) in new (string, string?, (string, string)?)[]
            {
                ("no token", null, null),
                ("a made-up token", "CfDJ8" + new string('A', 120), null),
                ("another user's token", foreign, null),
                ("another site by Sec-Fetch-Site", own, ("Sec-Fetch-Site", "cross-site")),
                ("a neighbour by Sec-Fetch-Site", own, ("Sec-Fetch-Site", "same-site")),
                ("another site by Origin", own, ("Origin", "https://evil.example")),
                ("another port by Origin", own, ("Origin", "http://localhost:1")),
                ("nobody by Origin", own, ("Origin", "null")),
            })
            {
                var before = stand.Api.Calls.Count;
                using var response = await SendAsync(victim, method, path, marker, token, header);

                response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, $"{method} {path}: {what}");
                stand.Api.Calls.Skip(before).ShouldNotContain(call => call.Method != "GET" && call.Path != "/api/v1/auth/refresh", $"{method} {path}: {what}");
                response.Headers.TryGetValues("Set-Cookie", out var cookies);
                (cookies ?? []).ShouldNotContain(cookie => cookie.StartsWith("linkshort=", StringComparison.Ordinal), $"{method} {path}: {what} touched the session");
            }
        }

        (await victim.GetAsync("/app/links")).Status.ShouldBe(HttpStatusCode.OK, "the session is still there");
    }

    [Fact]
    public async Task The_guard_accepts_the_same_writes_with_their_own_token()
    {
        using var visitor = await stand.VisitSignedInAsync(stand.NewAccount());
        var token = await visitor.ForgeryTokenAsync();
        foreach (var header in new (string, string)?[] { null, ("Sec-Fetch-Site", "same-origin"), ("Origin", stand.Web.Address.TrimEnd('/')) })
        {
            using var response = await SendAsync(visitor, "POST", "/app/links/new", "x", token, header);
            (await response.Content.ReadAsStringAsync()).ShouldNotContain("reload the page and submit the form again");
        }

        using var script = new HttpRequestMessage(HttpMethod.Post, "/app/signout");
        script.Headers.Add("RequestVerificationToken", token);
        (await visitor.SendAsync(script)).StatusCode.ShouldBe(HttpStatusCode.SeeOther);
    }

    [Fact]
    public void Following_a_link_changes_nothing()
    {
        // Names of writes, which no GET may have: such a link could be part of any email.
        var verbs = new Regex("/(signout|delete|revoke|remove|leave|accept|confirm|cancel|disable|enable|rotate|restore|regenerate|transfer)$");
        PathsOf("GET").Where(path => verbs.IsMatch(path)).Except(PathsOf("POST"))
            .ShouldBeEmpty("a confirmation page is the GET of the POST's own path");

        IEnumerable<string> PathsOf(string method) =>
            stand.Web.Endpoints().Where(endpoint => endpoint.Methods().Contains(method)).Select(endpoint => endpoint.RoutePattern.RawText!);
    }

    [Fact]
    public async Task Pages_of_signed_in_users_are_never_cached_or_framed()
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        using var visitor = await stand.VisitSignedInAsync(account);
        foreach (var path in stand.Web.Pages())
        {
            var page = await visitor.GetAsync(path);
            var headers = page.Response.Headers;
            page.Status.ShouldNotBe(HttpStatusCode.InternalServerError, path);
            headers.GetValues("X-Frame-Options").ShouldBe(["DENY"], path);
            headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"], path);
            string.Join("; ", headers.GetValues("Content-Security-Policy")).ShouldContain("frame-ancestors 'none'", Case.Sensitive, path);
            if (path is not "/favicon.ico")
            {
                page.CacheControl.ShouldContain("no-store", Case.Sensitive, path);
            }
        }
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("https://evil.example/")]
    [InlineData("/%5cevil.example")]
    [InlineData("/app/../\\evil.example")]
    [InlineData("/app/links\r\nSet-Cookie: planted=1")]
    [InlineData("javascript:alert(1)")]
    public async Task No_page_redirects_to_another_site_whatever_its_query(string target)
    {
        using var signedIn = await stand.VisitSignedInAsync(stand.NewAccount());
        using var stranger = stand.Visit();
        var value = Uri.EscapeDataString(target);
        foreach (var path in stand.Web.Pages())
        {
            foreach (var visitor in new[] { signedIn, stranger })
            {
                var query = string.Join('&', new[] { "returnUrl", "url", "to", "next", "redirect", "range", "cursor", "token" }.Select(name => $"{name}={value}"));
                var page = await visitor.GetAsync($"{path}?{query}");
                if (page.Location is { } location)
                {
                    location.ShouldMatch("^/(?![/\\\\])", path);
                    location.ShouldNotContain("\n");
                }

                page.Response.Headers.TryGetValues("Set-Cookie", out var cookies);
                (cookies ?? []).ShouldNotContain(cookie => cookie.StartsWith("planted", StringComparison.Ordinal), path);
            }
        }
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("https://evil.example")]
    [InlineData("app/links")]
    [InlineData("")]
    [InlineData("/a\r\nb: c")]
    public void A_redirect_to_another_site_is_refused(string path) => Should.Throw<ArgumentException>(() => Redirect.To(path));

    private static async Task<HttpResponseMessage> SendAsync(Visitor visitor, string method, string path, string marker, string? token, (string Name, string Value)? header)
    {
        var fields = new List<KeyValuePair<string, string>> { new("url", $"https://example.com/{marker}"), new("email", $"{marker}@example.com"), new("password", "correct horse battery"), new("name", marker) };
        if (token is not null)
        {
            fields.Add(new(Visitor.TokenField, token));
        }

        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new FormUrlEncodedContent(fields) };
        if (header is { } sent)
        {
            request.Headers.Add(sent.Name, sent.Value);
        }

        return await visitor.SendAsync(request);
    }
}
