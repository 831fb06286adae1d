using System.Net;
using LinkShort.Contracts;
using LinkShort.Gateway.Routing;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;
using Microsoft.AspNetCore.Http;

namespace LinkShort.Gateway.Tests;

public sealed class RoutingTests : IClassFixture<SharedStage>
{
    private readonly Stage _stage;

    public RoutingTests(SharedStage stage)
    {
        _stage = stage.Stage;
        _stage.Reset();
    }

    [Theory]
    [InlineData("POST", "/api/v1/auth/register", "identity")]
    [InlineData("POST", "/api/v1/auth/login", "identity")]
    [InlineData("POST", "/api/v1/auth/refresh", "identity")]
    [InlineData("GET", "/api/v1/auth/sso/acme/start", "identity")]
    [InlineData("GET", "/api/v1/me", "identity")]
    [InlineData("DELETE", "/api/v1/me/sessions/1", "identity")]
    [InlineData("GET", "/api/v1/workspaces", "identity")]
    [InlineData("DELETE", "/api/v1/api-keys/1", "identity")]
    [InlineData("POST", "/api/v1/links", "links")]
    [InlineData("GET", "/api/v1/links?limit=1", "links")]
    [InlineData("GET", "/api/v1/links/", "links")]
    [InlineData("PATCH", "/api/v1/links/1", "links")]
    [InlineData("POST", "/api/v1/links/1/archive", "links")]
    [InlineData("GET", "/api/v1/links/1/analytics?interval=day", "analytics")]
    [InlineData("GET", "/api/v1/analytics?interval=day", "analytics")]
    [InlineData("GET", "/API/V1/LINKS/1/Analytics", "analytics")]
    [InlineData("GET", "/", "web")]
    [InlineData("POST", "/app/login", "web")]
    [InlineData("GET", "/app", "web")]
    [InlineData("GET", "/app/assets/a.css", "web")]
    [InlineData("GET", "/problems/validation", "web")]
    [InlineData("GET", "/favicon.ico", "web")]
    [InlineData("GET", "/robots.txt", "web")]
    [InlineData("GET", "/abc1234", "redirect")]
    [InlineData("HEAD", "/abc1234", "redirect")]
    [InlineData("POST", "/abc1234", "redirect")]
    [InlineData("POST", "/a/b/c?d=%2B", "redirect")]
    [InlineData("GET", "/abc1234+", "redirect")]
    [InlineData("GET", "/.well-known/apple-app-site-association", "redirect")]
    [InlineData("HEAD", "/.well-known/assetlinks.json", "redirect")]
    [InlineData("GET", "/a/b/c", "redirect")]
    [InlineData("GET", "/application", "redirect")]
    public async Task Each_path_is_routed_to_its_service(string method, string path, string service)
    {
        using var response = await _stage.Gateway.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        _stage[service].Requests.Last(received => !received.Target.Contains("jwks", StringComparison.Ordinal)).ShouldSatisfyAllConditions(
            received => received.Method.ShouldBe(method),
            received => received.Target.ShouldBe(path));
        foreach (var other in Stage.Services.Where(other => other != service))
        {
            _stage[other].Requests.Count(received => received.Target == path).ShouldBe(0, other);
        }
    }

    [Theory]
    [InlineData("/abc%2Bdef")]
    [InlineData("/abc+")]
    [InlineData("/abc/")]
    [InlineData("/%7Eabc")]
    [InlineData("/~abc")]
    [InlineData("/%F0%9F%98%80")]
    [InlineData("/%f0%9f%98%80")]
    [InlineData("/caf%C3%A9")]
    [InlineData("/a%20b")]
    [InlineData("/a%2Fb")]
    [InlineData("/a%25b")]
    [InlineData("/a//b")]
    [InlineData("/a;b=c,d")]
    [InlineData("/a:b@c!$&'()*")]
    [InlineData("/%FF")]
    [InlineData("/abc?")]
    [InlineData("/abc?a")]
    [InlineData("/abc?a=%2B+&b=%20&a=%3d&&c")]
    [InlineData("/abc?u=https://x.y/%7E?z")]
    public async Task A_short_code_is_forwarded_byte_for_byte(string target)
    {
        var answer = await RawHttp.GetAsync(_stage.Gateway.BaseAddress!, target);

        RawHttp.StatusOf(answer).ShouldBe(200, answer);
        _stage["redirect"].Requests.ShouldHaveSingleItem().Target.ShouldBe(target);
    }

    [Fact]
    public async Task The_absolute_form_of_a_target_is_forwarded_by_its_path_only()
    {
        var answer = await RawHttp.GetAsync(_stage.Gateway.BaseAddress!, "http://sho.rt/abc?x=1");

        RawHttp.StatusOf(answer).ShouldBe(200, answer);
        _stage["redirect"].Requests.ShouldHaveSingleItem().Target.ShouldBe("/abc?x=1");
    }

    [Theory]
    [InlineData("/internal/routes")]
    [InlineData("/internal")]
    [InlineData("/INTERNAL/routes")]
    [InlineData("/%69nternal/routes")]
    [InlineData("/%49%4e%54%45%52%4e%41%4c/routes")]
    [InlineData("//internal/routes")]
    [InlineData("///internal")]
    [InlineData("/./internal/routes")]
    [InlineData("/api/../internal/routes")]
    [InlineData("/api/v1/links/../../../internal/routes")]
    [InlineData("/api/%2e%2e/internal/routes")]
    [InlineData("/a/..//internal/routes")]
    [InlineData("/internal%2Froutes")]
    [InlineData("/%2Finternal/routes")]
    [InlineData("/\\internal/routes")]
    [InlineData("/internal\\routes")]
    [InlineData("/%5Cinternal/routes")]
    [InlineData("http://sho.rt/internal/routes")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/%6Fpenapi/v1.json")]
    [InlineData("//alive")]
    [InlineData("//health")]
    [InlineData("/api/v2/links")]
    [InlineData("/api")]
    [InlineData("/api/v1/nothing")]
    [InlineData("/api/v1/links/../nothing")]
    public async Task Closed_paths_are_never_forwarded_in_any_spelling(string target)
    {
        foreach (var method in new[] { "GET", "POST" })
        {
            var answer = await RawHttp.GetAsync(_stage.Gateway.BaseAddress!, target, method, method == "POST" ? "Content-Length: 0\r\n" : "");

            RawHttp.StatusOf(answer).ShouldBeOneOf(400, 404, 405);
        }

        Stage.Services.SelectMany(service => _stage[service].Requests).Count(received => !received.Target.Contains("jwks", StringComparison.Ordinal)).ShouldBe(0);
    }

    [Fact]
    public void Every_route_is_a_reserved_code()
    {
        var first = ServiceRoutes.All.Select(route => route.Pattern.Split('/')[1]).Where(segment => segment.Length > 0 && !segment.StartsWith('{')).Distinct();

        first.Except(ReservedCodes.All, StringComparer.OrdinalIgnoreCase).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unknown_api_path_is_a_problem() =>
        await (await _stage.Gateway.GetAsync(new Uri("/api/v1/nothing", UriKind.Relative))).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");

    [Fact]
    public async Task A_short_link_answers_get_head_and_the_form_of_a_protected_one_only()
    {
        using var response = await _stage.Gateway.PutAsync(new Uri("/abc", UriKind.Relative), null);

        await response.ShouldBeProblemAsync(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        response.Header("Allow").ShouldBe("GET, HEAD, POST");
    }

    [Fact]
    public async Task A_redirect_is_returned_byte_for_byte()
    {
        const string Destination = "https://example.com/%7Ea?b=%2B&c=d%20e&&f#g%2Fh";
        _stage["redirect"].Answer = context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = Destination;
            context.Response.Headers.CacheControl = "private, no-store";
            return Task.CompletedTask;
        };

        var answer = await RawHttp.GetAsync(_stage.Gateway.BaseAddress!, "/abc");

        answer.ShouldStartWith("HTTP/1.1 302");
        answer.ShouldContain($"Location: {Destination}\r\n");
        answer.ShouldContain("Cache-Control: private, no-store\r\n");
    }

    [Fact]
    public async Task A_body_and_its_headers_are_forwarded_and_returned_unchanged()
    {
        _stage["links"].Answer = async context =>
        {
            context.Response.StatusCode = 201;
            context.Response.Headers.ETag = "\"v1\"";
            context.Response.Headers.Append("X-Test", "a");
            context.Response.Headers.Append("X-Test", "b");
            await context.Response.WriteAsync("{\"id\":\"ü\"}");
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/links") { Content = Stage.Json("{\"url\":\"https://ü.example\"}") };
        request.Headers.Add("Idempotency-Key", "k1");
        request.Headers.Add("If-Match", "\"v0\"");

        using var response = await _stage.Gateway.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await response.Content.ReadAsStringAsync()).ShouldBe("{\"id\":\"ü\"}");
        response.Header("ETag").ShouldBe("\"v1\"");
        response.Header("X-Test").ShouldBe("a, b");
        _stage["links"].Requests.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            received => received.Body.ShouldBe("{\"url\":\"https://ü.example\"}"),
            received => received["Idempotency-Key"].ShouldBe("k1"),
            received => received["If-Match"].ShouldBe("\"v0\""),
            received => received["Content-Type"].ShouldBe("application/json; charset=utf-8"));
    }

    [Fact]
    public async Task The_login_body_is_forwarded_whole_after_its_email_was_read()
    {
        const string Body = """{"email":"ada@example.com","password":"päss"}""";

        using var sized = await _stage.Gateway.PostAsync(new Uri("/api/v1/auth/login", UriKind.Relative), Stage.Json(Body));
        using var chunked = await _stage.Gateway.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/api/v1/auth/login")
        {
            Content = Stage.Json(Body),
            Headers = { TransferEncodingChunked = true },
        });

        sized.StatusCode.ShouldBe(HttpStatusCode.OK);
        chunked.StatusCode.ShouldBe(HttpStatusCode.OK);
        _stage["identity"].Requests.Select(received => received.Body).ShouldBe([Body, Body]);
    }

    [Fact]
    public async Task Every_forwarded_request_carries_the_internal_key()
    {
        foreach (var path in new[] { "/", "/abc", "/api/v1/links", "/api/v1/me", "/api/v1/links/1/analytics" })
        {
            (await _stage.Gateway.GetAsync(new Uri(path, UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var key = new InternalKey(Microsoft.Extensions.Options.Options.Create(new InternalKeyOptions { Key = Servers.InternalKey }));
        foreach (var service in new[] { "web", "redirect", "links", "identity", "analytics" })
        {
            var received = _stage[service].Requests.First(received => !received.Target.Contains("jwks", StringComparison.Ordinal));
            received["X-Proxy-Key"].ShouldBe(key.ProxyKey, service);
            received["X-Forwarded-For"].ShouldBe("127.0.0.1");
            received["X-Forwarded-Proto"].ShouldBe("http");
            received["X-Forwarded-Host"].ShouldBe(_stage.Gateway.BaseAddress!.Authority);
            received["Host"].ShouldBe(new Uri(_stage[service].Address).Authority);
        }
    }
}
