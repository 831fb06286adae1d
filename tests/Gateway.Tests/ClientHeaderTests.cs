using System.Net;
using LinkShort.ServiceDefaults.Auth;

namespace LinkShort.Gateway.Tests;

public sealed class ClientHeaderTests : IClassFixture<SharedStage>
{
    private readonly Stage _stage;
    private readonly ServersAndIssuer _shared;

    public ClientHeaderTests(SharedStage stage, ServersAndIssuer shared)
    {
        _stage = stage.Stage;
        _stage.Reset();
        _shared = shared;
    }

    [Theory]
    [InlineData("/abc", "redirect")]
    [InlineData("/app", "web")]
    [InlineData("/api/v1/links", "links")]
    public async Task A_client_can_not_impersonate_another(string path, string service)
    {
        var claims = new Dictionary<string, string>
        {
            ["X-Forwarded-For"] = "203.0.113.7",
            ["X-Forwarded-Proto"] = "https",
            ["X-Forwarded-Host"] = "evil.example",
            ["X-Forwarded-Prefix"] = "/evil",
            ["X-Forwarded-Port"] = "1",
            ["Forwarded"] = "for=203.0.113.7",
            ["X-Real-IP"] = "203.0.113.7",
            ["X-Original-URL"] = "/internal",
            ["X-HTTP-Method-Override"] = "DELETE",
            [InternalKey.Header] = "guessed-guessed-guessed-guessed-guessed",
            [InternalKey.ProxyHeader] = "guessed",
        };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in claims)
        {
            request.Headers.Add(name, value);
        }

        request.Headers.Add("X-Request-Tag", "kept");

        using var response = await _stage.Gateway.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var received = _stage[service].Requests.ShouldHaveSingleItem();
        received.Headers.Values.ShouldNotContain(value => claims.Values.Contains(value));
        received["X-Forwarded-For"].ShouldBe("127.0.0.1");
        received["X-Forwarded-Proto"].ShouldBe("http");
        received["X-Internal-Key"].ShouldBeNull();
        received["X-Request-Tag"].ShouldBe("kept");
    }

    [Fact]
    public async Task The_web_app_is_trusted_about_its_visitor_and_its_key_is_not_forwarded()
    {
        using var response = await _stage.Gateway.SendAsync(Stage.FromWeb(HttpMethod.Get, "/api/v1/links", "203.0.113.9"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var received = _stage["links"].Requests.ShouldHaveSingleItem();
        received["X-Forwarded-For"].ShouldBe("203.0.113.9");
        received[InternalKey.Header].ShouldBeNull();
    }

    [Fact]
    public async Task Forwarded_addresses_are_trusted_up_to_the_first_that_is_not_a_configured_proxy()
    {
        await using var stage = await Stage.StartAsync(_shared, settings: [("ForwardedHeaders:KnownNetworks", "127.0.0.0/8, 10.0.0.0/8")]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/abc");
        request.Headers.Add("X-Forwarded-For", "198.51.100.1, 203.0.113.7, 10.1.2.3");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Host", "go.example");

        using var response = await stage.Gateway.SendAsync(request);

        var received = stage["redirect"].Requests.ShouldHaveSingleItem();
        received["X-Forwarded-For"].ShouldBe("203.0.113.7");
        received["X-Forwarded-Proto"].ShouldBe("https");
        received["X-Forwarded-Host"].ShouldBe("go.example");
        response.Header("Strict-Transport-Security").ShouldBe("max-age=31536000");
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.7:51234", "203.0.113.7")]
    [InlineData("X-Forwarded-For", "[2001:db8::7]:51234, 10.1.2.3", "2001:db8::7")]
    [InlineData("Forwarded", "for=\"[2001:db8::7]:51234\";proto=https, for=10.1.2.3", "2001:db8::7")]
    public async Task A_configured_proxy_may_write_ports_and_Forwarded(string name, string value, string expected)
    {
        await using var stage = await Stage.StartAsync(_shared, settings: [("ForwardedHeaders:KnownNetworks", "127.0.0.0/8, 10.0.0.0/8")]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/abc");
        request.Headers.TryAddWithoutValidation(name, value);

        using var response = await stage.Gateway.SendAsync(request);

        var received = stage["redirect"].Requests.ShouldHaveSingleItem();
        received["X-Forwarded-For"].ShouldBe(expected);
        received["Forwarded"].ShouldBeNull();
    }

    [Theory]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("xn--0000000000.example")]
    public async Task The_host_is_forwarded_as_sent(string host)
    {
        var answer = await RawHttp.SendAsync(_stage.Gateway.BaseAddress!, $"GET /abc HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

        RawHttp.StatusOf(answer).ShouldBe(200);
        _stage["redirect"].Requests.ShouldHaveSingleItem()["X-Forwarded-Host"].ShouldBe(host);
    }

    [Fact]
    public async Task Naming_a_header_hop_by_hop_does_not_remove_the_internal_key()
    {
        var answer = await RawHttp.SendAsync(
            _stage.Gateway.BaseAddress!, "GET /abc HTTP/1.1\r\nHost: a\r\nConnection: close, X-Proxy-Key, X-Forwarded-For\r\n\r\n");

        RawHttp.StatusOf(answer).ShouldBe(200);
        var received = _stage["redirect"].Requests.ShouldHaveSingleItem();
        received["X-Proxy-Key"].ShouldNotBeNull();
        received["X-Forwarded-For"].ShouldBe("127.0.0.1");
    }

    [Theory]
    [InlineData("GET /abc HTTP/1.1\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /abc HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /abc HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n")]
    [InlineData("POST /api/v1/links HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab")]
    [InlineData("POST /api/v1/links HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, x\r\nConnection: close\r\n\r\n0\r\n\r\n")]
    public async Task Ambiguous_requests_are_refused(string request)
    {
        RawHttp.StatusOf(await RawHttp.SendAsync(_stage.Gateway.BaseAddress!, request)).ShouldBeInRange(400, 499);
        _stage["redirect"].Requests.ShouldBeEmpty();
        _stage["links"].Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_content_length_next_to_chunks_does_not_reach_the_service()
    {
        var answer = await RawHttp.SendAsync(
            _stage.Gateway.BaseAddress!,
            "POST /api/v1/links HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n");

        if (RawHttp.StatusOf(answer) == 200)
        {
            var received = _stage["links"].Requests.ShouldHaveSingleItem();
            received.Body.ShouldBe("{}");
            received["Content-Length"].ShouldBeNull();
        }
        else
        {
            RawHttp.StatusOf(answer).ShouldBe(400);
            _stage["links"].Requests.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Too_many_headers_are_431_and_an_endless_request_line_is_414()
    {
        var many = string.Concat(Enumerable.Range(0, 80).Select(i => $"X-A{i}: b\r\n"));

        RawHttp.StatusOf(await RawHttp.GetAsync(_stage.Gateway.BaseAddress!, "/abc", headers: many)).ShouldBe(431);
        RawHttp.StatusOf(await RawHttp.GetAsync(_stage.Gateway.BaseAddress!, "/" + new string('a', 9_000))).ShouldBe(414);
        _stage["redirect"].Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/api/v1/auth/login", 64 * 1024)]
    [InlineData("/api/v1/links", 256 * 1024)]
    [InlineData("/api/v1/api-keys", 64 * 1024)]
    [InlineData("/app/links", 1024 * 1024)]
    public async Task A_body_above_the_limit_is_413_and_one_at_the_limit_passes(string path, int limit)
    {
        using var tooMuch = await _stage.Gateway.PostAsync(new Uri(path, UriKind.Relative), Stage.Json(new string(' ', limit + 1)));
        await tooMuch.ShouldBeProblemAsync(HttpStatusCode.RequestEntityTooLarge, "payload-too-large");

        using var chunked = await _stage.Gateway.SendAsync(new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = Stage.Json(new string(' ', limit + 1)),
            Headers = { TransferEncodingChunked = true },
        });
        await chunked.ShouldBeProblemAsync(HttpStatusCode.RequestEntityTooLarge, "payload-too-large");

        using var enough = await _stage.Gateway.PostAsync(new Uri(path, UriKind.Relative), Stage.Json(new string(' ', limit)));
        enough.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
