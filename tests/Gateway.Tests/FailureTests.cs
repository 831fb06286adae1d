using System.Net;
using System.Text.Json.Nodes;
using LinkShort.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Gateway.Tests;

public sealed class FailureTests(ServersAndIssuer shared)
{
    private const string Dead = "http://127.0.0.1:9";

    [Theory]
    [InlineData("GET", "/api/v1/links")]
    [InlineData("POST", "/api/v1/links")]
    [InlineData("GET", "/abc")]
    public async Task A_service_that_is_down_is_a_problem_with_Retry_After(string method, string path)
    {
        await using var stage = await Stage.StartAsync(shared, settings: [("services:links:http:0", Dead), ("services:redirect:http:0", Dead)]);

        using var response = await stage.Gateway.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        await response.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable, "unavailable");
        response.Header("Retry-After").ShouldBe("2");
    }

    [Theory]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01", null)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736", null)]
    [InlineData("<script>alert(1)</script>", null)]
    [InlineData(null, null)]
    public async Task A_problem_contains_the_callers_trace_id_or_a_new_one(string? sent, string? expected)
    {
        await using var stage = await Stage.StartAsync(shared, settings: [("services:redirect:http:0", Dead)]);
        var traces = new HashSet<string>();
        foreach (var path in new[] { "/abc", "/api/v1/none" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (sent is not null)
            {
                request.Headers.TryAddWithoutValidation("traceparent", sent);
            }

            using var response = await stage.Gateway.SendAsync(request);

            var trace = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["traceId"]!.GetValue<string>();
            trace.ShouldMatch("^(?!0{32})[0-9a-f]{32}$");
            traces.Add(trace);
        }

        if (expected is null)
        {
            traces.Count.ShouldBe(2);
        }
        else
        {
            traces.ShouldBe([expected]);
        }
    }

    [Fact]
    public async Task A_browser_gets_an_error_page()
    {
        await using var stage = await Stage.StartAsync(shared, settings: [("services:web:http:0", Dead), ("services:redirect:http:0", Dead)]);
        foreach (var path in new[] { "/", "/app/links", "/abc" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");

            using var response = await stage.Gateway.SendAsync(request);

            response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            response.Content.Headers.ContentType?.ToString().ShouldBe("text/html; charset=utf-8");
            response.Header("Retry-After").ShouldBe("2");
            var page = await response.Content.ReadAsStringAsync();
            page.ShouldContain("Back in a moment");
            page.ShouldNotContain("style=");
            page.ShouldNotContain("<script");
        }

        var styles = await stage.Gateway.GetStringAsync(new Uri("/api/docs/style.css", UriKind.Relative));
        styles.ShouldContain(LinkShort.Look.DesignTokens.Light("page"));
        styles.ShouldContain(LinkShort.Look.DesignTokens.Dark("page"));
        styles.ShouldNotContain("var(--page)");
    }

    [Theory]
    [InlineData("lang=de", "de")]
    [InlineData("lang=xx", "fr")]
    [InlineData("__Host-lang=de", "fr")]
    public async Task The_error_page_is_in_the_language_that_was_chosen_in_the_app(string cookie, string expected)
    {
        await using var stage = await Stage.StartAsync(shared, settings: [("services:web:http:0", Dead)]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Accept", "text/html");
        request.Headers.Add("Accept-Language", "fr");
        request.Headers.Add("Cookie", cookie);

        using var response = await stage.Gateway.SendAsync(request);

        response.Header("Content-Language").ShouldBe(expected);
        (await response.Content.ReadAsStringAsync()).ShouldContain($"<html lang=\"{expected}\"");
    }

    [Theory]
    [InlineData("de-CH", "<html lang=\"de\" dir=\"ltr\">", "<h1>Gleich wieder da</h1>", "503 · Dienst nicht verfügbar")]
    [InlineData("ar", "<html lang=\"ar\" dir=\"rtl\">", "<h1>سنعود بعد قليل</h1>", "503 · الخدمة غير متاحة")]
    public async Task The_error_page_is_in_the_visitor_s_language(string accepted, params string[] expected)
    {
        await using var stage = await Stage.StartAsync(shared, settings: [("services:web:http:0", Dead)]);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Accept", "text/html");
        request.Headers.Add("Accept-Language", accepted);

        using var response = await stage.Gateway.SendAsync(request);

        var page = await response.Content.ReadAsStringAsync();
        expected.ShouldAllBe(text => page.Contains(text, StringComparison.Ordinal), page);
        response.Header("Content-Language").ShouldBe(accepted[..2]);
        response.Header("Vary").ShouldBe("Accept-Language, Cookie");
    }

    [Fact]
    public async Task A_service_that_closes_the_connection_is_a_bad_gateway()
    {
        await using var stage = await Stage.StartAsync(shared);
        stage["links"].Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };

        using var response = await stage.Gateway.SendAsync(new HttpRequestMessage(HttpMethod.Delete, "/api/v1/links/1"));

        await response.ShouldBeProblemAsync(HttpStatusCode.BadGateway, "bad-gateway");
        response.Header("Retry-After").ShouldNotBeNull();
    }

    [Fact]
    public async Task A_service_without_a_configured_address_is_unavailable()
    {
        await using var stage = await Stage.StartAsync(shared, settings: [("services:analytics:http:0", null)]);

        using var response = await stage.Gateway.GetAsync(new Uri("/api/v1/links/1/analytics", UriKind.Relative));

        await response.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable, "unavailable");
    }

    [Fact]
    public async Task Replicas_share_the_load_and_a_dead_one_fails_no_request()
    {
        var second = await StandIn.StartAsync("redirect");
        await using var third = await StandIn.StartAsync("redirect");
        await using var stage = await Stage.StartAsync(
            shared, settings: [("services:redirect:http:1", second.Address), ("services:redirect:http:2", third.Address)]);
        foreach (var replica in new[] { stage["redirect"], second, third })
        {
            replica.Answer = async context =>
            {
                await Task.Yield();
                await context.Response.WriteAsync("ok");
            };
        }

        await GetAllAsync(stage, 300);
        foreach (var replica in new[] { stage["redirect"], second, third })
        {
            replica.Requests.Count.ShouldBeGreaterThan(30);
        }

        var before = stage["redirect"].Requests.Count + third.Requests.Count;
        await second.DisposeAsync();
        await GetAllAsync(stage, 300);

        (stage["redirect"].Requests.Count + third.Requests.Count - before).ShouldBe(300);
    }

    [Fact]
    public async Task A_read_is_retried_if_its_replica_dies_before_responding()
    {
        await using var second = await StandIn.StartAsync("redirect");
        await using var stage = await Stage.StartAsync(shared, settings: [("services:redirect:http:1", second.Address)]);
        second.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };

        await GetAllAsync(stage, 50);

        second.Requests.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_read_that_crashes_replicas_reaches_at_most_two_of_them()
    {
        await using var second = await StandIn.StartAsync("redirect");
        await using var third = await StandIn.StartAsync("redirect");
        await using var stage = await Stage.StartAsync(
            shared, settings: [("services:redirect:http:1", second.Address), ("services:redirect:http:2", third.Address)]);
        var asked = 0;
        stage["redirect"].Answer = second.Answer = third.Answer = context =>
        {
            Interlocked.Increment(ref asked);
            context.Abort();
            return Task.CompletedTask;
        };

        using var response = await stage.Gateway.GetAsync(new Uri("/poison", UriKind.Relative));

        await response.ShouldBeProblemAsync(HttpStatusCode.BadGateway, "bad-gateway");
        asked.ShouldBe(2);
    }

    [Fact]
    public async Task A_service_that_hangs_is_a_timeout()
    {
        await using var stage = await Stage.StartAsync(shared);
        stage["redirect"].Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);

        using var response = await stage.Gateway.GetAsync(new Uri("/abc", UriKind.Relative));

        await response.ShouldBeProblemAsync(HttpStatusCode.GatewayTimeout, "timeout");
        response.Header("Retry-After").ShouldNotBeNull();
    }

    [Fact]
    public async Task A_write_is_retried_only_if_its_replica_can_not_have_seen_it()
    {
        await using var second = await StandIn.StartAsync("links");
        await using var stage = await Stage.StartAsync(
            shared, settings: [("services:links:http:1", second.Address), ("services:links:http:2", Dead), ("RateLimits:CreateLink:PermitLimit", "1000")]);
        for (var i = 0; i < 30; i++)
        {
            using var response = await stage.Gateway.PostAsync(new Uri("/api/v1/links", UriKind.Relative), Stage.Json("{\"n\":1}"));
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (stage["links"].Requests.Count + second.Requests.Count).ShouldBe(30);

        stage["links"].Answer = second.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        using var broken = await stage.Gateway.PostAsync(new Uri("/api/v1/links", UriKind.Relative), Stage.Json("{\"n\":1}"));
        await broken.ShouldBeProblemAsync(HttpStatusCode.BadGateway, "bad-gateway");
        (stage["links"].Requests.Count + second.Requests.Count).ShouldBe(31);
    }

    [Theory]
    [InlineData("RateLimits:Auth:PermitLimit", "0", "RateLimits__Auth__PermitLimit")]
    [InlineData("RateLimits:CreateLink:WindowSeconds", "soon", "RateLimits__CreateLink__WindowSeconds")]
    [InlineData("RateLimits:ApiCall:PermitLimit", "-1", "RateLimits__ApiCall__PermitLimit")]
    [InlineData("RateLimits:ChangeLinks:PermitLimit", "0", "RateLimits__ChangeLinks__PermitLimit")]
    [InlineData("RateLimits:FirstParty:WindowSeconds", "0", "RateLimits__FirstParty__WindowSeconds")]
    [InlineData("ForwardedHeaders:KnownNetworks", "10.0.0.0/33", "ForwardedHeaders__KnownNetworks")]
    [InlineData("Internal:Key", "short", "Internal__Key")]
    [InlineData("ConnectionStrings:cache", null, "ConnectionStrings__cache")]
    public async Task A_bad_setting_stops_the_start_and_names_the_key_and_the_fix(string key, string? value, string named)
    {
        var settings = await shared.Servers.SettingsAsync(null);
        settings[key] = value ?? "";
        await using var factory = new ServiceFactory<Program>(settings);

        var failure = Should.Throw<Exception>(() => factory.Services.GetService<IServiceProvider>());

        failure.ToString().ShouldContain(named);
        failure.ToString().ShouldContain(value is null ? "set it" : key.StartsWith("Rate", StringComparison.Ordinal) ? "Set it to a whole number from 1" : value == "short" ? "At least 32" : "CIDRs");
    }

    private static async Task GetAllAsync(Stage stage, int count)
    {
        var statuses = await Task.WhenAll(Enumerable.Range(0, count).Chunk(20).Select(async chunk =>
        {
            var answers = new List<HttpStatusCode>();
            foreach (var i in chunk)
            {
                using var response = await stage.Gateway.GetAsync(new Uri($"/code{i}", UriKind.Relative));
                answers.Add(response.StatusCode);
            }

            return answers;
        }));
        statuses.SelectMany(answers => answers).ShouldAllBe(status => status == HttpStatusCode.OK);
    }
}
