using System.Net;
using System.Text.RegularExpressions;
using LinkShort.Gateway.Headers;
using LinkShort.Gateway.Routing;

namespace LinkShort.Gateway.Tests;

/// <summary>Hosts, methods, other origins, internal paths: what an attacker may try at the gateway.</summary>
public sealed partial class HttpSafetyTests : IClassFixture<SharedStage>
{
    private const string Ours = "https://tools.example.com";

    private readonly Stage _stage;
    private readonly ServersAndIssuer _shared;

    public HttpSafetyTests(SharedStage stage, ServersAndIssuer shared)
    {
        _stage = stage.Stage;
        _stage.Reset();
        _shared = shared;
    }

    /// <summary>The internal paths of every service, from its code, so that new ones are included.</summary>
    public static TheoryData<string> InternalAddresses
    {
        get
        {
            var addresses = Directory.EnumerateFiles(Path.Combine(Root(), "services"), "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
                .SelectMany(file => Mapped(File.ReadAllText(file)))
                .Select(path => Parameter().Replace(path, "1").TrimEnd('/'))
                .Distinct()
                .Order(StringComparer.Ordinal)
                .ToList();
            return [.. addresses];
        }
    }

    [Fact]
    public void The_internal_paths_are_found()
    {
        var found = InternalAddresses.Select(row => row.Data).ToArray();
        new[] { "/internal/api-keys/exchange", "/internal/revocations", "/internal/routes", "/internal/suspensions" }.Except(found).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(InternalAddresses))]
    public async Task An_internal_path_is_unreachable_in_any_spelling_through_any_route_with_any_method(string path)
    {
        var tail = path["/internal".Length..];
        var backs = ServiceRoutes.All.Select(route => route.Pattern.Split('{')[0].TrimEnd('/')).Where(prefix => prefix.Length > 0).Distinct();
        var spellings = new List<string>
        {
            path, path + "/", path + "?a=b", path.ToUpperInvariant(), "/" + path, "//" + path, "/." + path, "/./." + path, "/;" + path, "/x/.." + path, "/x/%2e%2e" + path,
            "/x/%2E%2e" + path, "/x/.%2e" + path, "/%2e" + path, "/x%2f..%2f.." + path, "/..%2f" + path[1..], "/%2f" + path[1..], "/%5c" + path[1..], "/\\" + path[1..],
            "/internal%2f" + tail.TrimStart('/'), "/internal%5c" + tail.TrimStart('/'), "/internal\\" + tail.TrimStart('/'), "/internal;x" + tail, "/internal%00" + tail,
            "/internal%20" + tail, "/internal." + tail, "/%69nternal" + tail, "/%2569nternal" + tail, "/%25%36%39nternal" + tail, "/%u0069nternal" + tail, "/%c0%afinternal" + tail,
            "/%e2%81%84internal" + tail, "/ınternal" + tail, "/intern%61l" + tail, "/int%0aernal" + tail, "http://sho.rt" + path, "http://sho.rt//" + path[1..], "*" + path,
        };
        spellings.AddRange(backs.Select(back => back + string.Concat(Enumerable.Repeat("/..", back.Count(letter => letter == '/'))) + path));
        spellings.AddRange(backs.Select(back => back + string.Concat(Enumerable.Repeat("/%2e%2e", back.Count(letter => letter == '/'))) + path));
        spellings.AddRange(backs.Select(back => back + string.Concat(Enumerable.Repeat("%2f..", back.Count(letter => letter == '/'))) + path));

        foreach (var target in spellings)
        {
            foreach (var method in new[] { "GET", "POST" })
            {
                await RawHttp.GetAsync(_stage.Gateway.BaseAddress!, target, method, method == "POST" ? "Content-Length: 0\r\n" : "");
            }
        }

        // A forwarded path is interpreted by the service as Kestrel does: decoded once, dot segments removed.
        var reached = Stage.Services.SelectMany(service => _stage[service].Requests)
            .Where(request => !request.Target.Contains("jwks", StringComparison.Ordinal))
            .Where(request => AsKestrelReads(request.Target).Split('/')[1].Equals("internal", StringComparison.OrdinalIgnoreCase))
            .Select(request => request.Target);
        reached.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("TRACE")]
    [InlineData("TRACK")]
    [InlineData("DEBUG")]
    [InlineData("PROPFIND")]
    [InlineData("CONNECT")]
    [InlineData("get")]
    [InlineData("GETT")]
    public async Task An_unknown_method_is_not_forwarded(string method)
    {
        foreach (var target in new[] { "/", "/abc", "/app/links", "/api/v1/links", "/health" })
        {
            var answer = await RawHttp.GetAsync(_stage.Gateway.BaseAddress!, method == "CONNECT" ? "evil.example:443" : target, method, "X-Secret: 8c1f\r\n");

            RawHttp.StatusOf(answer).ShouldBeOneOf(400, 405);
            answer.ShouldNotContain("8c1f");
        }

        Stage.Services.SelectMany(service => _stage[service].Requests).ShouldBeEmpty();
    }

    [Fact]
    public async Task Method_overrides_are_ignored()
    {
        foreach (var name in new[] { "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/links/1?_method=DELETE");
            request.Headers.Add(name, "DELETE");
            (await _stage.Gateway.SendAsync(request)).Dispose();
        }

        var received = _stage["links"].Requests.ToArray();
        received.Length.ShouldBe(3);
        received.ShouldAllBe(request => request.Method == "POST");
        received.SelectMany(request => request.Headers.Keys).ShouldNotContain(name => name.Contains("HTTP-Method", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/app/signin")]
    [InlineData("/api/docs")]
    [InlineData("/api/v1/openapi.json")]
    [InlineData("/api/v1/nothing")]
    [InlineData("/health")]
    [InlineData("/.well-known/security.txt")]
    public async Task A_foreign_host_is_never_echoed(string path)
    {
        foreach (var headers in new[]
        {
            "Host: evil.example\r\n", "Host: evil.example\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\nX-Original-Host: evil.example\r\nX-Host: evil.example\r\n",
        })
        {
            var answer = await RawHttp.SendAsync(_stage.Gateway.BaseAddress!, $"GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
            answer.ShouldNotContain("evil.example");
        }
    }

    [Theory]
    [InlineData("GET http://evil.example/abc HTTP/1.1\r\nHost: sho.rt\r\nConnection: close\r\n\r\n", 400)]
    [InlineData("GET /abc HTTP/1.1\r\nHost: sho.rt, evil.example\r\nConnection: close\r\n\r\n", 400)]
    [InlineData("GET /abc HTTP/1.1\r\nHost: sho.rt/evil\r\nConnection: close\r\n\r\n", 400)]
    [InlineData("GET /abc HTTP/1.1\r\nHost: user@sho.rt\r\nConnection: close\r\n\r\n", 400)]
    [InlineData("GET /abc HTTP/1.1\r\n Host: evil.example\r\nHost: sho.rt\r\nConnection: close\r\n\r\n", 400)]
    [InlineData("GET @evil.example/abc HTTP/1.1\r\nHost: sho.rt\r\nConnection: close\r\n\r\n", 400)]
    public async Task Conflicting_hosts_are_refused(string request, int status)
    {
        RawHttp.StatusOf(await RawHttp.SendAsync(_stage.Gateway.BaseAddress!, request)).ShouldBe(status);
        _stage["redirect"].Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("X-Forwarded-Host")]
    [InlineData("Forwarded")]
    public async Task A_client_can_not_override_the_host(string name)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/abc");
        request.Headers.Add(name, name == "Forwarded" ? "host=evil.example;proto=https" : "evil.example");

        (await _stage.Gateway.SendAsync(request)).Dispose();

        _stage["redirect"].Requests.ShouldHaveSingleItem()["X-Forwarded-Host"].ShouldBe(_stage.Gateway.BaseAddress!.Authority);
    }

    [Fact]
    public async Task Other_origins_may_not_call_the_api_by_default()
    {
        using var preflight = await _stage.Gateway.SendAsync(Preflight("/api/v1/links", Ours));
        using var simple = await _stage.Gateway.SendAsync(From(Ours, HttpMethod.Get, "/api/v1/links"));

        foreach (var response in new[] { preflight, simple })
        {
            response.Headers.Select(header => header.Key).ShouldNotContain(name => name.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task Configured_origins_may_call_the_api_without_cookies_and_nothing_else()
    {
        await using var stage = await Stage.StartAsync(_shared, settings: [("Cors:AllowedOrigins", $"{Ours}, http://localhost:3000")]);
        using var preflight = await stage.Gateway.SendAsync(Preflight("/api/v1/links/1", Ours));
        preflight.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        preflight.Header("Access-Control-Allow-Origin").ShouldBe(Ours);
        preflight.Header("Access-Control-Allow-Methods").ShouldNotBeNull().ShouldContain("PATCH");
        preflight.Header("Access-Control-Allow-Headers").ShouldNotBeNull().ShouldContain("Authorization");
        preflight.Header("Access-Control-Allow-Credentials").ShouldBeNull();
        preflight.Header("Vary").ShouldNotBeNull().ShouldContain("Origin");
        stage["links"].Requests.ShouldBeEmpty("preflights are answered by the gateway");

        using var answer = await stage.Gateway.SendAsync(From("http://localhost:3000", HttpMethod.Get, "/api/v1/links"));
        answer.Header("Access-Control-Allow-Origin").ShouldBe("http://localhost:3000");
        answer.Header("Access-Control-Expose-Headers").ShouldNotBeNull().ShouldContain("ETag");
        answer.Header("Access-Control-Allow-Credentials").ShouldBeNull();
        stage["links"].Answer = context =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        };
        using var failed = await stage.Gateway.SendAsync(From(Ours, HttpMethod.Get, "/api/v1/links/1"));
        failed.Header("Access-Control-Allow-Origin").ShouldBe(Ours, "a page must be able to read the error");

        foreach (var (origin, path) in new[]
        {
            ("https://evil.example", "/api/v1/links"), (Ours + ".evil.example", "/api/v1/links"), ("null", "/api/v1/links"), ("http://tools.example.com", "/api/v1/links"),
            (Ours + ":8443", "/api/v1/links"), (Ours, "/app/links"), (Ours, "/abc"), (Ours, "/"), (Ours, "/api/docs"),
        })
        {
            foreach (var request in new[] { Preflight(path, origin), From(origin, HttpMethod.Get, path) })
            {
                using var refused = await stage.Gateway.SendAsync(request);
                refused.Header("Access-Control-Allow-Origin").ShouldBeNull($"{origin} {path}");
            }
        }
    }

    [Theory]
    [InlineData("Cors:AllowedOrigins", "*", "Cors__AllowedOrigins")]
    [InlineData("Cors:AllowedOrigins", "https://*.example.com", "Cors__AllowedOrigins")]
    [InlineData("Cors:AllowedOrigins", "tools.example.com", "Cors__AllowedOrigins")]
    [InlineData("Cors:AllowedOrigins", "https://tools.example.com/app", "Cors__AllowedOrigins")]
    [InlineData("Cors:AllowedOrigins", "null", "Cors__AllowedOrigins")]
    [InlineData("Hsts:MaxAgeSeconds", "-1", "Hsts__MaxAgeSeconds")]
    [InlineData("Hsts:Preload", "true", "Hsts__Preload")]
    [InlineData("SecurityTxt:Contact", "security@example.com", "SecurityTxt__Contact")]
    [InlineData("SecurityTxt:Policy", "http://example.com/policy", "SecurityTxt__Policy")]
    public async Task A_bad_setting_stops_the_start_with_its_name(string key, string value, string named)
    {
        var exception = await Should.ThrowAsync<Exception>(() => Stage.StartAsync(_shared, settings: [(key, value)]));
        exception.ToString().ShouldContain(named);
    }

    [Theory]
    [InlineData("max-age=600; includeSubDomains", "600", "true", "false")]
    [InlineData("max-age=63072000; includeSubDomains; preload", "63072000", "true", "true")]
    [InlineData("max-age=0", "0", "false", "false")]
    public async Task Strict_transport_follows_the_settings(string expected, string seconds, string subdomains, string preload)
    {
        await using var stage = await Stage.StartAsync(_shared, settings:
            [("Hsts:MaxAgeSeconds", seconds), ("Hsts:IncludeSubDomains", subdomains), ("Hsts:Preload", preload)]);
        foreach (var path in new[] { "/", "/abc", "/api/v1/links", "/api/v1/nothing" })
        {
            using var request = Stage.FromWeb(HttpMethod.Get, path, "203.0.113.1");
            request.Headers.Add("X-Forwarded-Proto", "https");
            using var response = await stage.Gateway.SendAsync(request);
            response.Header("Strict-Transport-Security").ShouldBe(expected);
        }
    }

    [Fact]
    public async Task Responses_to_authenticated_requests_are_never_cacheable()
    {
        _stage["links"].Answer = context =>
        {
            context.Response.Headers.CacheControl = "public, max-age=600";
            return Task.CompletedTask;
        };
        using var open = await _stage.Gateway.GetAsync(new Uri("/api/v1/links", UriKind.Relative));
        using var withToken = await _stage.Gateway.SendAsync(Stage.WithToken(HttpMethod.Get, "/api/v1/links", _shared.Issuer.Token()));
        using var page = await _stage.Gateway.GetAsync(new Uri("/app/links", UriKind.Relative));

        open.Header("Cache-Control").ShouldBe("public, max-age=600");
        withToken.Header("Cache-Control").ShouldBe("no-store");
        page.Header("Cache-Control").ShouldBe("no-store");
        withToken.Header("Cross-Origin-Resource-Policy").ShouldBe("same-origin");
        page.Header("Cross-Origin-Resource-Policy").ShouldBe("same-origin");
    }

    [Theory]
    [InlineData("application/json; charset=utf-8", null, "attachment; filename=\"api.json\"")]
    [InlineData("application/problem+json", null, "attachment; filename=\"api.json\"")]
    [InlineData("text/csv", "attachment; filename=\"links.csv\"", "attachment; filename=\"links.csv\"")]
    [InlineData("application/json", "attachment; filename=\"links.json\"", "attachment; filename=\"links.json\"")]
    [InlineData("text/event-stream", null, null)]
    public async Task An_api_response_opened_in_a_browser_is_downloaded(string contentType, string? name, string? expected)
    {
        _stage["links"].Answer = async context =>
        {
            context.Response.ContentType = contentType;
            if (name is not null)
            {
                context.Response.Headers.ContentDisposition = name;
            }

            await context.Response.Body.WriteAsync("{}"u8.ToArray());
        };
        using var answer = await _stage.Gateway.GetAsync(new Uri("/api/v1/links", UriKind.Relative));
        using var health = await _stage.Gateway.GetAsync(new Uri("/health", UriKind.Relative));

        answer.Header("Content-Disposition").ShouldBe(expected);
        health.Header("Content-Disposition").ShouldBeNull("it is shown in browsers");
    }

    [Fact]
    public void No_policy_allows_scripts_or_styles_in_markup()
    {
        foreach (var policy in new[] { SecurityHeaders.PagePolicy, SecurityHeaders.ApiPolicy })
        {
            policy.ShouldNotContain("unsafe");
            policy.ShouldNotContain("*");
            policy.ShouldContain("frame-ancestors 'none'");
            policy.ShouldContain("base-uri");
            policy.ShouldContain("form-action");
        }
    }

    [Fact]
    public async Task Security_txt_names_the_contact_for_vulnerabilities()
    {
        using var none = await _stage.Gateway.GetAsync(new Uri("/.well-known/security.txt", UriKind.Relative));
        none.StatusCode.ShouldBe(HttpStatusCode.NotFound);

        await using var stage = await Stage.StartAsync(_shared, settings:
        [
            ("SecurityTxt:Contact", "mailto:security@example.com, https://example.com/report"), ("SecurityTxt:Policy", "https://example.com/security"),
            ("SecurityTxt:PreferredLanguages", "en, de"),
        ]);
        using var response = await stage.Gateway.GetAsync(new Uri("/.well-known/security.txt", UriKind.Relative));
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; charset=utf-8");
        var lines = (await response.Content.ReadAsStringAsync()).TrimEnd().Split('\n').Select(line => line.Split(": ", 2)).ToArray();
        lines.Where(line => line[0] == "Contact").Select(line => line[1]).ShouldBe(["mailto:security@example.com", "https://example.com/report"]);
        lines.Single(line => line[0] == "Policy")[1].ShouldBe("https://example.com/security");
        lines.Single(line => line[0] == "Preferred-Languages")[1].ShouldBe("en, de");
        var expires = DateTimeOffset.Parse(lines.Single(line => line[0] == "Expires")[1], System.Globalization.CultureInfo.InvariantCulture);
        (expires - TimeProvider.System.GetUtcNow()).TotalDays.ShouldBeInRange(30, 365);
    }

    [Fact]
    public async Task A_failure_reveals_no_internals()
    {
        _stage["links"].Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        using var broken = await _stage.Gateway.GetAsync(new Uri("/api/v1/links", UriKind.Relative));
        using var page = await _stage.Gateway.SendAsync(Html("/nothing/at/%00all"));
        var inside = new Uri(_stage["links"].Address).Authority;
        foreach (var response in new[] { broken, page })
        {
            var shown = $"{response.Headers}{response.Content.Headers}{await response.Content.ReadAsStringAsync()}";
            ((int)response.StatusCode).ShouldBeGreaterThanOrEqualTo(400);
            shown.ShouldNotContain(inside);
            shown.ShouldNotContain("Exception");
            shown.ShouldNotMatch("\\bat [A-Z][A-Za-z]+\\.");
            shown.ShouldNotContain("Kestrel");
            shown.ShouldNotContain("Yarp", Case.Insensitive);
            shown.ShouldNotContain(".NET");
        }
    }

    private static HttpRequestMessage Html(string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/html");
        return request;
    }

    private static HttpRequestMessage Preflight(string path, string origin)
    {
        var request = From(origin, HttpMethod.Options, path);
        request.Headers.Add("Access-Control-Request-Method", "PATCH");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,if-match");
        return request;
    }

    private static HttpRequestMessage From(string origin, HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Origin", origin);
        return request;
    }

    /// <summary>RFC 3986, 5.2.4, after decoding once with %2F kept.</summary>
    private static string AsKestrelReads(string target)
    {
        var path = target.Split('?', '#')[0];
        path = Regex.Replace(path, "%(?!2[fF])[0-9a-fA-F]{2}", match => Uri.UnescapeDataString(match.Value));
        var segments = new List<string>();
        foreach (var segment in path.Split('/').Skip(1))
        {
            if (segment == "..")
            {
                segments.RemoveRange(Math.Max(segments.Count - 1, 0), Math.Min(segments.Count, 1));
            }
            else if (segment != ".")
            {
                segments.Add(segment);
            }
        }

        return "/" + string.Join('/', segments);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "LinkShort.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }

    /// <summary>The paths that a file maps under /internal, directly or in a group.</summary>
    private static IEnumerable<string> Mapped(string code) =>
        InternalEndpoint().Matches(code).Select(match => match.Groups["path"].Value).Concat(InternalGroup().Matches(code).SelectMany(group =>
            Regex.Matches(code, $"\\b{group.Groups["name"].Value}\\s*\\.Map[A-Z][a-z]+\\(\\s*\"(?<path>[^\"]*)\"")
                .Select(endpoint => group.Groups["path"].Value + endpoint.Groups["path"].Value)));

    [GeneratedRegex("\\.Map(?!Group)[A-Z][a-z]+\\(\\s*\"(?<path>/internal[^\"]*)\"")]
    private static partial Regex InternalEndpoint();

    [GeneratedRegex("var (?<name>\\w+) = \\w+\\.MapGroup\\(\"(?<path>/internal[^\"]*)\"\\)")]
    private static partial Regex InternalGroup();

    [GeneratedRegex("\\{[^}]*\\}")]
    private static partial Regex Parameter();
}
