using System.Net;
using LinkShort.Gateway.Headers;
using Microsoft.AspNetCore.Http;

namespace LinkShort.Gateway.Tests;

public sealed class SecurityHeaderTests : IClassFixture<SharedStage>
{
    private readonly Stage _stage;

    public SecurityHeaderTests(SharedStage stage)
    {
        _stage = stage.Stage;
        _stage.Reset();
    }

    [Theory]
    [InlineData("/api/v1/links", 200)]
    [InlineData("/api/v1/nothing", 404)]
    [InlineData("/api/v1/links/1/analytics", 503)]
    [InlineData("/api/v1/openapi.json", 200)]
    [InlineData("/internal/routes", 404)]
    [InlineData("/health", 200)]
    [InlineData("/alive", 200)]
    [InlineData("/a?%00", 400)]
    public async Task An_api_response_loads_and_runs_nothing(string path, int status)
    {
        _stage["analytics"].Answer = context =>
        {
            context.Response.StatusCode = path.StartsWith("/api", StringComparison.Ordinal) ? 503 : 200;
            return Task.CompletedTask;
        };

        using var response = await _stage.Gateway.GetAsync(new Uri(path, UriKind.Relative));

        ((int)response.StatusCode).ShouldBe(status);
        response.Header("Content-Security-Policy").ShouldBe(SecurityHeaders.ApiPolicy);
        ShouldCarryTheRest(response);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/app/links")]
    [InlineData("/not-found")]
    [InlineData("/api/docs/reference.js")]
    [InlineData("/api/docs/style.css")]
    public async Task A_page_loads_only_its_own_assets(string path)
    {
        _stage["redirect"].Answer = context =>
        {
            context.Response.StatusCode = 404;
            return context.Response.WriteAsync("<p>No such link");
        };

        using var response = await _stage.Gateway.GetAsync(new Uri(path, UriKind.Relative));

        response.Header("Content-Security-Policy").ShouldBe(SecurityHeaders.PagePolicy);
        response.Header("Cross-Origin-Opener-Policy").ShouldBe("same-origin");
        ShouldCarryTheRest(response);
    }

    [Fact]
    public async Task A_page_may_set_its_own_policy_but_no_response_names_its_server()
    {
        _stage["web"].Answer = context =>
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'";
            context.Response.Headers["Referrer-Policy"] = "same-origin";
            context.Response.Headers.XFrameOptions = "ALLOWALL";
            context.Response.Headers.Server = "secret/1.0";
            return context.Response.WriteAsync("hello");
        };

        using var response = await _stage.Gateway.GetAsync(new Uri("/app", UriKind.Relative));

        response.Header("Content-Security-Policy").ShouldBe("default-src 'none'");
        response.Header("Referrer-Policy").ShouldBe("same-origin");
        response.Header("X-Frame-Options").ShouldBe("DENY");
        response.Header("Server").ShouldBeNull();
    }

    [Fact]
    public async Task The_form_of_a_protected_link_keeps_its_policy_and_cookie_and_is_limited_in_size()
    {
        _stage["redirect"].Answer = context =>
        {
            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; form-action 'self' https: http:";
            context.Response.Headers["Referrer-Policy"] = "same-origin";
            context.Response.Headers.SetCookie = "unlock=x; path=/abc; httponly";
            context.Response.ContentType = "text/html; charset=utf-8";
            return context.Response.WriteAsync("<form>");
        };
        using var form = new FormUrlEncodedContent([new("password", "p\u00e4ss"), new("token", "t")]);
        using var large = new StringContent(new string('x', (16 * 1024) + 1), null, "application/x-www-form-urlencoded");

        using var response = await _stage.Gateway.PostAsync(new Uri("/abc?a=%2B", UriKind.Relative), form);
        using var refused = await _stage.Gateway.PostAsync(new Uri("/abc", UriKind.Relative), large);

        response.Header("Content-Security-Policy").ShouldBe("default-src 'none'; form-action 'self' https: http:");
        response.Header("Referrer-Policy").ShouldBe("same-origin");
        response.Header("Set-Cookie").ShouldBe("unlock=x; path=/abc; httponly");
        var received = _stage["redirect"].Requests.Single();
        received.Target.ShouldBe("/abc?a=%2B");
        received.Body.ShouldBe("password=p%C3%A4ss&token=t");
        refused.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task A_redirect_carries_only_the_headers_that_matter()
    {
        _stage["redirect"].Answer = context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = "https://example.com/";
            context.Response.Headers["Referrer-Policy"] = "no-referrer-when-downgrade";
            return Task.CompletedTask;
        };

        using var response = await _stage.Gateway.GetAsync(new Uri("/abc", UriKind.Relative));

        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        response.Header("Referrer-Policy").ShouldBe("no-referrer-when-downgrade");
        response.Headers.Select(header => header.Key).ShouldBe(
            ["Location", "Referrer-Policy", "X-Content-Type-Options", "Date"], ignoreOrder: true);
    }

    [Fact]
    public async Task Strict_transport_is_sent_over_https_only()
    {
        using var plain = await _stage.Gateway.GetAsync(new Uri("/app", UriKind.Relative));
        plain.Header("Strict-Transport-Security").ShouldBeNull();

        using var request = Stage.FromWeb(HttpMethod.Get, "/app", "203.0.113.1");
        request.Headers.Add("X-Forwarded-Proto", "https");
        using var secure = await _stage.Gateway.SendAsync(request);
        secure.Header("Strict-Transport-Security").ShouldBe("max-age=31536000");
    }

    private static void ShouldCarryTheRest(HttpResponseMessage response)
    {
        response.Header("X-Frame-Options").ShouldBe("DENY");
        response.Header("X-Content-Type-Options").ShouldBe("nosniff");
        response.Header("Referrer-Policy").ShouldNotBeNull();
        response.Header("Permissions-Policy").ShouldNotBeNull().ShouldContain("camera=()");
        response.Header("Server").ShouldBeNull();
    }
}
