using System.Net;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults.Tests.Auth;

public sealed class InternalKeyTests : IAsyncLifetime
{
    private IdentityStandIn _identity = null!;
    private TestedService _service = null!;

    public async ValueTask InitializeAsync()
    {
        _identity = await IdentityStandIn.StartAsync();
        _service = await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        await _identity.DisposeAsync();
    }

    [Fact]
    public async Task The_key_grants_access_to_internal_endpoints()
    {
        using var response = await GetAsync("/internal/routes", (InternalKey.Header, TestedService.InternalKey));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("")]
    [InlineData("wrong")]
    [InlineData("0123456789abcdef0123456789abcdeF")]
    [InlineData("0123456789abcdef0123456789abcde")]
    [InlineData("0123456789abcdef0123456789abcdef0")]
    public async Task A_wrong_key_grants_no_access(string key)
    {
        using var response = await GetAsync("/internal/routes", (InternalKey.Header, key));

        await response.ShouldBeProblemAsync(401, "unauthorized");
    }

    [Fact]
    public async Task Without_a_key_or_with_two_it_is_401()
    {
        using var none = await GetAsync("/internal/routes");
        await none.ShouldBeProblemAsync(401, "unauthorized");

        using var two = await GetAsync("/internal/routes", (InternalKey.Header, TestedService.InternalKey), (InternalKey.Header, "x"));
        await two.ShouldBeProblemAsync(401, "unauthorized");
    }

    [Fact]
    public async Task The_proxy_key_grants_no_access()
    {
        using var response = await GetAsync("/internal/routes", (InternalKey.Header, _service.Get<InternalKey>().ProxyKey), (InternalKey.ProxyHeader, _service.Get<InternalKey>().ProxyKey));

        await response.ShouldBeProblemAsync(401, "unauthorized");
    }

    [Fact]
    public async Task An_access_token_grants_no_access_to_internal_endpoints_nor_the_key_to_others()
    {
        using var token = await AccessTokenTests.GetAsync(_service, "/internal/routes", _identity.Sign());
        await token.ShouldBeProblemAsync(401, "unauthorized");

        using var key = await GetAsync("/links", (InternalKey.Header, TestedService.InternalKey));
        await key.ShouldBeProblemAsync(401, "unauthorized");
    }

    [Theory]
    [InlineData(null, "is missing")]
    [InlineData("", "is missing")]
    [InlineData("short", "is too short")]
    public async Task A_missing_or_short_key_stops_the_start_with_the_setting_and_the_fix(string? key, string what)
    {
        var error = await Should.ThrowAsync<OptionsValidationException>(async () =>
        {
            await using var service = await TestedService.StartAsync(settings: [("Internal:Key", key!)]);
        });

        error.Message.ShouldContain("Internal__Key");
        error.Message.ShouldContain(what);
        error.Message.ShouldContain("at least 32");
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("198.51.100.1, 203.0.113.9", "203.0.113.9")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9")]
    [InlineData("nonsense", "127.0.0.1")]
    [InlineData("203.0.113.9, nonsense", "127.0.0.1")]
    [InlineData("", "127.0.0.1")]
    public async Task Our_own_proxy_is_trusted_about_the_visitor(string forwarded, string address)
    {
        using var response = await GetAsync("/who", (InternalKey.ProxyHeader, _service.Get<InternalKey>().ProxyKey), ("X-Forwarded-For", forwarded), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "sho.rt"));

        (await response.Content.ReadAsStringAsync()).ShouldBe($"https://sho.rt {address}");
    }

    [Fact]
    public async Task An_unknown_proxy_is_not_trusted()
    {
        foreach (var key in new[] { "", "wrong" })
        {
            using var response = await GetAsync("/who", (InternalKey.ProxyHeader, key), ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example"));
            (await response.Content.ReadAsStringAsync()).ShouldBe($"http://127.0.0.1:{_service.Client.BaseAddress!.Port} 127.0.0.1");
        }
    }

    [Fact]
    public async Task A_configured_proxy_is_trusted_up_to_the_first_address_that_is_not_one()
    {
        await using var service = await StartAsync(("ForwardedHeaders:KnownNetworks", "127.0.0.0/8, 10.0.0.0/8"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/who");
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", "1.1.1.1, 203.0.113.9, 10.1.2.3");
        using var response = await service.Client.SendAsync(request);

        (await response.Content.ReadAsStringAsync()).ShouldEndWith(" 203.0.113.9");
    }

    [Fact]
    public async Task An_invalid_network_stops_the_start()
    {
        var error = await Should.ThrowAsync<OptionsValidationException>(async () =>
        {
            await using var service = await StartAsync(("ForwardedHeaders:KnownNetworks", "10.0.0.0/8,gateway"));
        });

        error.Message.ShouldContain("ForwardedHeaders__KnownNetworks");
        error.Message.ShouldContain("'gateway' is not a network");
    }

    private Task<TestedService> StartAsync(params (string, string)[] settings) => TestedService.StartAsync(
        app =>
        {
            app.MapGet("/internal/routes", () => "routes").RequireAuthorization(InternalKey.Policy);
            app.MapGet("/links", () => "links").RequireAuthorization(Permissions.LinksRead);
            app.MapGet("/who", (HttpContext context) => $"{context.Request.Scheme}://{context.Request.Host} {context.Connection.RemoteIpAddress}").AllowAnonymous();
        },
        settings: [_identity.Setting, .. settings]);

    private async Task<HttpResponseMessage> GetAsync(string address, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await _service.Client.SendAsync(request);
    }
}
