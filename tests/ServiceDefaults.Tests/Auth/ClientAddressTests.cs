using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults.Tests.Auth;

/// <summary>What is made of the headers of configured proxies: 127.0.0.0/8, from where the tests call, and 10.0.0.0/8.</summary>
public sealed class ClientAddressTests : IAsyncLifetime
{
    private const string Proxy = "127.0.0.1";

    private IdentityStandIn _identity = null!;
    private TestedService _service = null!;

    public async ValueTask InitializeAsync()
    {
        _identity = await IdentityStandIn.StartAsync();
        _service = await StartAsync(("ForwardedHeaders:KnownNetworks", "127.0.0.0/8, 10.0.0.0/8, fd00::/8"));
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        await _identity.DisposeAsync();
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("203.0.113.9:4711", "203.0.113.9")]
    [InlineData(" 203.0.113.9:4711 ", "203.0.113.9")]
    [InlineData("\"203.0.113.9:4711\"", "203.0.113.9")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("[2001:db8::1]", "2001:db8::1")]
    [InlineData("[2001:db8::1]:4711", "2001:db8::1")]
    [InlineData("\"[2001:db8::1]:4711\"", "2001:db8::1")]
    [InlineData("[::ffff:203.0.113.9]:4711", "203.0.113.9")]
    [InlineData("fe80::1%eth0", "fe80::1")]
    [InlineData("1.1.1.1, 203.0.113.9:4711, 10.1.2.3:80", "203.0.113.9")]
    [InlineData("1.1.1.1,203.0.113.9:4711,[fd00::7]:80", "203.0.113.9")]
    [InlineData("203.0.113.9:4711,, 10.1.2.3,", "203.0.113.9")]
    [InlineData("203.0.113.9|10.1.2.3", "203.0.113.9")]
    public async Task An_address_is_read_in_every_form_that_proxies_write(string lines, string expected) =>
        (await AddressAsync(lines.Split('|').Select(line => ("X-Forwarded-For", line)))).ShouldBe(expected);

    [Theory]
    [InlineData("unknown")]
    [InlineData("_hidden")]
    [InlineData("203.0.113.9, unknown")]
    [InlineData("203.0.113.9, _hidden:80")]
    [InlineData("203.0.113.9:port")]
    [InlineData("203.0.113.9:123456")]
    [InlineData("203.0.113.9:80:80")]
    [InlineData("203.0.113")]
    [InlineData("203.0.113.256")]
    [InlineData("203.0.0113.9")]
    [InlineData("3405803785")]
    [InlineData("0xcb.0.113.9")]
    [InlineData("[2001:db8::1")]
    [InlineData("[2001:db8::1]x")]
    [InlineData("[203.0.113.9]:80")]
    [InlineData("\"203.0.113.9")]
    [InlineData("")]
    public async Task What_is_no_address_leaves_the_proxys(string value) => (await AddressAsync([("X-Forwarded-For", value)])).ShouldBe(Proxy);

    [Theory]
    [InlineData("for=203.0.113.9", "203.0.113.9")]
    [InlineData("For=203.0.113.9;proto=https;by=10.1.2.3", "203.0.113.9")]
    [InlineData("proto=https; FOR=\"203.0.113.9:4711\"", "203.0.113.9")]
    [InlineData("for=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17")]
    [InlineData("for=\"203.0.113.9:_port\"", "203.0.113.9")]
    [InlineData("for=1.1.1.1, for=203.0.113.9, for=10.1.2.3", "203.0.113.9")]
    [InlineData("for=203.0.113.9;ext=\"a,b;for=1.1.1.1\", for=10.1.2.3", "203.0.113.9")]
    [InlineData("for=203.0.113.9;ext=\"a\\\"b\", for=10.1.2.3", "203.0.113.9")]
    [InlineData("for=203.0.113.9|for=10.1.2.3", "203.0.113.9")]
    [InlineData("for=unknown", Proxy)]
    [InlineData("for=_hidden, for=10.1.2.3", "10.1.2.3")]
    [InlineData("for=203.0.113.9, proto=https", Proxy)]
    [InlineData("for=203.0.113.9;for=1.1.1.1", Proxy)]
    [InlineData("for", Proxy)]
    [InlineData("", Proxy)]
    // A client that leaves a quote open, and the proxy's own element behind it.
    [InlineData("for=1.1.1.1;x=\", for=203.0.113.9", Proxy)]
    [InlineData("for=1.1.1.1;x=\", for=\"[2001:db8::1]:80\"", Proxy)]
    [InlineData("for=1.1.1.1;x=\"\\, for=\"[2001:db8::1]:80\"", Proxy)]
    public async Task Forwarded_is_read_as_RFC_7239_defines_it(string lines, string expected) =>
        (await AddressAsync(lines.Split('|').Select(line => ("Forwarded", line)))).ShouldBe(expected);

    [Theory]
    [InlineData("https", "go.example", "https://go.example")]
    [InlineData("HTTPS", "go.example:8443", "https://go.example:8443")]
    [InlineData("https, http", "go.example, inner.example", "https://go.example")]
    [InlineData("http, https, http", "evil.example, go.example, inner.example", "https://go.example")]
    [InlineData("https", "[2001:db8::1]:8443", "https://[2001:db8::1]:8443")]
    public async Task Scheme_and_host_are_those_that_the_visitors_proxy_wrote(string scheme, string host, string expected) => (await WhoAsync(
        _service, ("X-Forwarded-For", "203.0.113.9, 10.1.2.3"), ("X-Forwarded-Proto", scheme), ("X-Forwarded-Host", host))).ShouldBe(expected + " 203.0.113.9");

    [Theory]
    [InlineData("javascript", "a b")]
    [InlineData("ftp", "evil.example/path")]
    [InlineData("", "user@evil.example")]
    [InlineData("https://", "<script>")]
    public async Task An_impossible_scheme_or_host_is_ignored(string scheme, string host) => (await WhoAsync(
        _service, ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", scheme), ("X-Forwarded-Host", host)))
        .ShouldBe($"http://127.0.0.1:{_service.Client.BaseAddress!.Port} 203.0.113.9");

    [Fact]
    public async Task Forwarded_carries_scheme_and_host_too() => (await WhoAsync(
        _service, ("Forwarded", "for=1.1.1.1;host=evil.example, for=203.0.113.9;proto=https;host=\"go.example:8443\", for=10.1.2.3;proto=http;host=inner.example")))
        .ShouldBe("https://go.example:8443 203.0.113.9");

    [Fact]
    public async Task With_both_headers_X_Forwarded_For_wins_unless_the_proxies_are_configured_to_write_Forwarded()
    {
        (string, string)[] both =
        [
            ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "go.example"),
            ("Forwarded", "for=198.51.100.7;proto=http;host=rfc.example"),
        ];
        (await WhoAsync(_service, both)).ShouldBe("https://go.example 203.0.113.9");

        await using var standard = await StartAsync(("ForwardedHeaders:KnownNetworks", "127.0.0.0/8"), ("ForwardedHeaders:Header", "forwarded"));
        (await WhoAsync(standard, both)).ShouldBe("http://rfc.example 198.51.100.7");
        (await WhoAsync(standard, both[..3])).ShouldBe($"http://127.0.0.1:{standard.Client.BaseAddress!.Port} {Proxy}", "a client could have sent them");
    }

    [Fact]
    public async Task Our_gateway_is_read_by_X_Forwarded_For_whatever_the_proxies_write()
    {
        await using var standard = await StartAsync(("ForwardedHeaders:Header", "Forwarded"));

        (await WhoAsync(standard, (InternalKey.ProxyHeader, standard.Get<InternalKey>().ProxyKey), ("X-Forwarded-For", "203.0.113.9"), ("Forwarded", "for=1.1.1.1")))
            .ShouldEndWith(" 203.0.113.9");
    }

    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.9:80")]
    [InlineData("Forwarded", "for=203.0.113.9;proto=https;host=evil.example")]
    public async Task Clients_that_are_no_proxies_change_nothing(string name, string value)
    {
        await using var service = await StartAsync(("ForwardedHeaders:KnownNetworks", "10.0.0.0/8"));

        (await WhoAsync(service, (name, value), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example")))
            .ShouldBe($"http://127.0.0.1:{service.Client.BaseAddress!.Port} 127.0.0.1");
    }

    [Fact]
    public async Task A_header_that_is_not_read_stops_the_start()
    {
        var error = await Should.ThrowAsync<OptionsValidationException>(async () =>
        {
            await using var service = await StartAsync(("ForwardedHeaders:Header", "X-Real-IP"));
        });

        error.Message.ShouldContain("ForwardedHeaders__Header");
        error.Message.ShouldContain("Set it to X-Forwarded-For or Forwarded.");
    }

    private async Task<string> AddressAsync(IEnumerable<(string, string)> headers) => (await WhoAsync(_service, [.. headers])).Split(' ')[1];

    private Task<TestedService> StartAsync(params (string, string)[] settings) => TestedService.StartAsync(
        app => app.MapGet("/who", (HttpContext context) => $"{context.Request.Scheme}://{context.Request.Host} {context.Connection.RemoteIpAddress}").AllowAnonymous(),
        settings: [_identity.Setting, .. settings]);

    private static async Task<string> WhoAsync(TestedService service, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/who");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await service.Client.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }
}
