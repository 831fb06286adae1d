using System.Net;
using System.Text.Json;
using LinkShort.Testing;

namespace LinkShort.Redirect.Tests;

/// <summary>One replica and its servers, shared by tests that use only their own links.</summary>
public sealed class OneReplica(ServersFixture fixture) : IAsyncLifetime
{
    public Installation Installation { get; private set; } = null!;

    /// <summary>As deployed, with the fast path from Kestrel's parser to the answer.</summary>
    public ReplicaProcess Replica { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Installation = await Installation.StartAsync(fixture.Servers);
        Replica = await Installation.AddProcessAsync();
    }

    public ValueTask DisposeAsync() => Installation.DisposeAsync();
}

/// <summary>Tests that check only answers and clicks of their own links.</summary>
[CollectionDefinition(nameof(OneReplica))]
public sealed class OneReplicaTests : ICollectionFixture<OneReplica>;

/// <summary>
/// Parsing of short URLs and answers of plain links. Other tests cover the rest: merging, cache policy, indexing, cookies and open redirects in
/// <see cref="BehaviorTests"/>; HEAD in <see cref="ClickTests"/>; case in <see cref="CodeCaseTests"/>; former codes in <see cref="AliasTests"/>;
/// previews, <c>{code}+</c> and apps in <see cref="PageTests"/>; rules and variants in <see cref="RuleTests"/> and <see cref="VariantTests"/>;
/// limits in <see cref="ClickLimitTests"/>; passwords in <see cref="PasswordTests"/>. links' tests cover that links to own hosts are refused.
/// </summary>
[Collection(nameof(OneReplica))]
public sealed class RedirectSemanticsTests(OneReplica one)
{
    private readonly Installation _installation = one.Installation;
    private readonly ReplicaProcess _replica = one.Replica;

    [Theory]
    [InlineData("https://example.com/")]
    [InlineData("https://example.com/?a&b=&b=%2B+%20#x?y")]
    [InlineData("http://example.com:8443/%7Euser/%e2%82%ac?q='\"<>|")]
    [InlineData("https://example.com/grüße/日本?x=🎉#ж")]
    [InlineData("HTTPS://EXAMPLE.com/../a/./b//")]
    public async Task Location_is_the_stored_destination_byte_for_byte(string destination)
    {
        var link = await _installation.CreateAsync(Installation.Link(Installation.NewCode(), destination));

        var answer = await RawHttp.SendAsync(_replica.Address, $"GET /{link.Code} HTTP/1.1");

        RawHttp.StatusOf(answer).ShouldBe(302);
        RawHttp.Field(answer, "Location").ShouldBe(destination);
    }

    [Fact]
    public async Task An_answer_is_not_cached_not_indexed_and_sets_no_cookie()
    {
        var link = await _installation.CreateAsync(Installation.Link(Installation.NewCode()));

        var answer = await RawHttp.SendAsync(_replica.Address, $"GET /{link.Code} HTTP/1.1");

        RawHttp.Field(answer, "Cache-Control").ShouldBe("private, no-store");
        RawHttp.Field(answer, "X-Robots-Tag").ShouldBe("noindex");
        RawHttp.Field(answer, "Set-Cookie").ShouldBeNull();
        RawHttp.Field(answer, "Server").ShouldBeNull();
        RawHttp.Field(answer, "Content-Length").ShouldBe("0");
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task The_link_chooses_the_status(int status)
    {
        var link = await _installation.CreateAsync(Installation.Link(Installation.NewCode(), redirectType: status));

        ((int)await _replica.StatusAsync("/" + link.Code)).ShouldBe(status);
    }

    [Theory]
    [InlineData("{0}/")]
    [InlineData("{0}///")]
    [InlineData("{0}?utm_source=x")]
    [InlineData("{0}/?a/b")]
    public async Task Trailing_slashes_and_the_query_are_ignored(string form)
    {
        var link = await _installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/target"));

        (await _replica.FollowAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, form, link.Code))).ShouldBe("https://example.com/target");
    }

    [Theory]
    [InlineData("caf\u00e9", "caf%C3%A9")]
    [InlineData("caf\u00e9", "cafe%CC%81")]
    [InlineData("\U0001F389party", "%F0%9F%8E%89party")]
    [InlineData("\U0001F389party", "%f0%9f%8e%89p%61rty/")]
    [InlineData("plain-code", "%70lain%2Dcode")]
    [InlineData("docs/getting/started", "docs/getting/started/")]
    [InlineData("docs/getting/started", "docs%2Fgetting/started")]
    public async Task Literal_and_percent_encoded_forms_of_a_code_are_equal_after_normalization(string code, string requested)
    {
        await _installation.CreateAsync(Installation.Link(code, "https://example.com/" + Uri.EscapeDataString(code)));

        var answer = await RawHttp.SendAsync(_replica.Address, $"GET /{requested} HTTP/1.1");

        RawHttp.Field(answer, "Location").ShouldBe("https://example.com/" + Uri.EscapeDataString(code));
    }

    [Fact]
    public async Task Codes_are_case_sensitive()
    {
        var code = Installation.NewCode();
        await _installation.CreateAsync(Installation.Link("a" + code, "https://example.com/small"));
        await _installation.CreateAsync(Installation.Link("A" + code, "https://example.com/capital"));

        (await _replica.FollowAsync("a" + code)).ShouldBe("https://example.com/small");
        (await _replica.FollowAsync("A" + code)).ShouldBe("https://example.com/capital");
    }

    [Theory]
    [InlineData("/%ff%fe", "invalid UTF-8")]
    [InlineData("/%c0%af", "an overlong slash")]
    [InlineData("/%c1%81bc", "an overlong letter")]
    [InlineData("/%ed%a0%80", "a surrogate")]
    [InlineData("/%e2%82", "a cut sequence")]
    [InlineData("/%zz", "no hex digits")]
    [InlineData("/abc%", "a cut escape")]
    [InlineData("/abc%4", "a cut escape")]
    [InlineData("/%2F%2f%2F", "only slashes")]
    [InlineData("/%0d%0aSet-Cookie:%20a=b", "line feeds")]
    [InlineData("/%7f%c2%85", "control characters")]
    [InlineData("/..%2f..%2fetc/passwd", "dots")]
    [InlineData("/a%5Cb%20c", "a backslash and a blank")]
    [InlineData("/'%20or%201=1--", "SQL")]
    [InlineData("/a%EF%BF%BEb", "a noncharacter")]
    public async Task Paths_that_cannot_be_a_code_are_not_found(string path, string reason)
    {
        var answer = await RawHttp.SendAsync(_replica.Address, $"GET {path} HTTP/1.1");

        RawHttp.StatusOf(answer).ShouldBe(404, reason);
    }

    [Theory]
    [InlineData("/%00")]
    [InlineData("/abc%00def")]
    [InlineData("/\u00ff\u00fe")]
    public async Task Characters_that_no_URL_may_contain_are_refused(string path)
    {
        var answer = await RawHttp.SendAsync(_replica.Address, $"GET {path} HTTP/1.1");

        RawHttp.StatusOf(answer).ShouldBeOneOf(400, 404);
    }

    [Theory]
    [InlineData(7_000)]
    [InlineData(9_000)]
    [InlineData(60_000)]
    public async Task Overlong_paths_are_refused_without_a_lookup(int length)
    {
        var questions = _installation.Links.CodeRequests;

        var plain = await RawHttp.SendAsync(_replica.Address, $"GET /{new string('a', length)} HTTP/1.1");
        var escaped = await RawHttp.SendAsync(_replica.Address, $"GET /{string.Concat(Enumerable.Repeat("%F0%9F%8E%89", length / 12))} HTTP/1.1");

        RawHttp.StatusOf(plain).ShouldBeOneOf(404, 414);
        RawHttp.StatusOf(escaped).ShouldBeOneOf(404, 414);
        _installation.Links.CodeRequests.ShouldBe(questions);
    }

    [Fact]
    public async Task An_absolute_form_target_is_accepted()
    {
        var link = await _installation.CreateAsync(Installation.Link(Installation.NewCode()));

        var answer = await RawHttp.SendAsync(_replica.Address, $"GET http://short.example/{link.Code}?x HTTP/1.1");

        RawHttp.StatusOf(answer).ShouldBe(302);
    }

    [Fact]
    public async Task An_unknown_code_gets_a_page_problem_details_or_plain_text_as_the_client_accepts()
    {
        using var page = await GetAsync("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        using var json = await GetAsync("application/json");
        using var any = await GetAsync("*/*");
        using var nothing = await GetAsync(null);

        page.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        page.Content.Headers.ContentType!.ToString().ShouldBe("text/html; charset=utf-8");
        (await page.Content.ReadAsStringAsync()).ShouldContain("<h1>This short link doesn't exist</h1>");
        page.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'");
        page.Headers.GetValues("X-Robots-Tag").ShouldBe(["noindex"]);
        json.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        json.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        using var problem = JsonDocument.Parse(await json.Content.ReadAsStringAsync());
        problem.RootElement.GetProperty("type").GetString().ShouldBe("/problems/not-found");
        foreach (var plain in new[] { any, nothing })
        {
            plain.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            plain.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; charset=utf-8");
            (await plain.Content.ReadAsStringAsync()).ShouldStartWith("This short link doesn't exist.\n");
            plain.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        }

        foreach (var answer in new[] { page, json, any, nothing })
        {
            // A shared cache must not return one client's format or language to another.
            answer.Headers.Vary.ShouldContain("Accept");
            answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        }

        page.Headers.Vary.ShouldContain("Accept-Language");

        async Task<HttpResponseMessage> GetAsync(string? accept)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/" + Installation.NewCode());
            if (accept is not null)
            {
                request.Headers.Add("Accept", accept);
            }

            return await _replica.Http.SendAsync(request);
        }
    }

    [Theory]
    [InlineData("text/html", "text/html; charset=utf-8")]
    [InlineData("application/xhtml+xml;q=0.9, */*;q=0.1", "text/html; charset=utf-8")]
    [InlineData("text/plain", "text/plain; charset=utf-8")]
    [InlineData("image/avif,image/webp,*/*", "text/plain; charset=utf-8")]
    public async Task A_gone_link_is_answered_as_the_client_accepts_and_HEAD_gets_the_same_fields(string accept, string contentType)
    {
        var link = await _installation.CreateAsync(Installation.Link(Installation.NewCode()) with { Archived = true });
        foreach (var method in new[] { "GET", "HEAD" })
        {
            var answer = await RawHttp.SendAsync(_replica.Address, $"{method} /{link.Code} HTTP/1.1\r\nAccept: {accept}");

            RawHttp.StatusOf(answer).ShouldBe(410);
            RawHttp.Field(answer, "Content-Type").ShouldBe(contentType);
            RawHttp.Field(answer, "Vary").ShouldBe(contentType.StartsWith("text/html", StringComparison.Ordinal) ? "Accept, Accept-Language" : "Accept");
            answer.Contains("no longer active", StringComparison.Ordinal).ShouldBe(method == "GET");
        }
    }

    [Fact]
    public async Task Expired_and_archived_links_are_gone()
    {
        var expired = Installation.Link(Installation.NewCode()) with { ExpiresAt = TimeProvider.System.GetUtcNow().AddSeconds(-1) };
        var archived = Installation.Link(Installation.NewCode()) with { Archived = true };
        await _installation.CreateAsync(expired);
        await _installation.CreateAsync(archived);

        using var page = await _replica.Http.GetAsync("/" + expired.Code);

        page.StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await page.Content.ReadAsStringAsync()).ShouldContain("no longer active");
        (await _replica.StatusAsync("/" + archived.Code)).ShouldBe(HttpStatusCode.Gone);
    }

    [Fact]
    public async Task A_link_expires_while_it_is_cached()
    {
        var link = await _installation.CreateAsync(
            Installation.Link(Installation.NewCode()) with { ExpiresAt = TimeProvider.System.GetUtcNow().AddSeconds(2) });

        (await _replica.StatusAsync("/" + link.Code)).ShouldBe(HttpStatusCode.Found);
        await Eventually.BecomesAsync(() => _replica.StatusAsync("/" + link.Code), status => status == HttpStatusCode.Gone, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_link_that_is_not_active_yet_is_not_found()
    {
        var link = await _installation.CreateAsync(
            Installation.Link(Installation.NewCode()) with { ActiveFrom = TimeProvider.System.GetUtcNow().AddHours(1) });

        (await _replica.StatusAsync("/" + link.Code)).ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("OPTIONS")]
    [InlineData("PROPFIND")]
    public async Task Other_methods_are_not_allowed(string method)
    {
        var link = await _installation.CreateAsync(Installation.Link(Installation.NewCode()));
        using var request = new HttpRequestMessage(new HttpMethod(method), "/" + link.Code);

        using var response = await _replica.Http.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        response.Content.Headers.Allow.ShouldBe(["GET", "HEAD"]);
    }

    [Fact]
    public async Task The_service_keeps_its_own_paths()
    {
        (await _replica.Http.GetStringAsync("/robots.txt")).ShouldContain("User-agent: *");
        (await _replica.StatusAsync("/favicon.ico")).ShouldBe(HttpStatusCode.OK);
        (await _replica.StatusAsync("/alive")).ShouldBe(HttpStatusCode.OK);
        (await _replica.StatusAsync("/openapi/v1.json")).ShouldBe(HttpStatusCode.NotFound);
        (await _replica.Http.GetStringAsync("/health")).ShouldMatch("""^\{"status":"\w+"\}$""", "visitors reach this port");
        (await _replica.HealthAsync()).ShouldContain("\"checks\":");
        (await _replica.StatusAsync("/")).ShouldBe(HttpStatusCode.NotFound);
        (await _replica.StatusAsync("/api/v1/links")).ShouldBe(HttpStatusCode.NotFound);
        (await _replica.StatusAsync("/internal/routes")).ShouldBe(HttpStatusCode.NotFound);
    }
}
