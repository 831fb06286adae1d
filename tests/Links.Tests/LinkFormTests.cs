using System.Net;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using LinkShort.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LinkShort.Links.Tests;

/// <summary>What forms ask while a link is typed: is the code free, and where would a visitor go?</summary>
public sealed class LinkFormTests(LinksFixture fixture)
{
    private readonly LinksService _links = fixture.Links;

    [Fact]
    public async Task A_free_code_is_available_and_a_taken_one_is_not_whoever_has_it()
    {
        using var owner = _links.ClientOf();
        using var other = _links.ClientOf();
        var code = $"free-{Guid.NewGuid():N}";
        (await StatusAsync(other, code)).ShouldBe("available");

        var link = await owner.CreatedAsync(new { url = "https://example.com/", code });

        var seen = await AskAsync(other, $"code={code}");
        ((string?)seen["status"]).ShouldBe("taken");
        ((string?)seen["reason"]).ShouldBe("Another link already uses this code.");
        // What the owner sees and what a stranger sees is the same.
        var byOwner = await AskAsync(owner, $"code={code}");
        byOwner["suggestions"]!.AsArray().RemoveAt(2);
        seen["suggestions"]!.AsArray().RemoveAt(2);
        JsonNode.DeepEquals(byOwner, seen).ShouldBeTrue();

        // Its own link keeps it, and its aliases; a stranger gains nothing from the id.
        ((string?)(await AskAsync(owner, $"code={code}&linkId={link["id"]}"))["status"]).ShouldBe("available");
        ((string?)(await AskAsync(other, $"code={code}&linkId={link["id"]}"))["status"]).ShouldBe("taken");
    }

    [Fact]
    public async Task Suggestions_are_free_and_like_the_code()
    {
        using var client = _links.ClientOf();
        var code = $"s{Guid.NewGuid():N}"[..12];
        await client.CreatedAsync(new { url = "https://example.com/", code });
        await client.CreatedAsync(new { url = "https://example.com/", code = $"{code}-3" });

        var suggested = (await AskAsync(client, $"code={code}"))["suggestions"]!.AsArray().Select(each => (string)each!).ToList();

        suggested.ShouldBe([$"{code}-2", $"{code}-4", $"{code}-5"]);
        foreach (var suggestion in suggested)
        {
            (await StatusAsync(client, suggestion)).ShouldBe("available");
        }
    }

    [Theory]
    [InlineData("api", "reserved")]
    [InlineData("app/x", "reserved")]
    [InlineData("a b", "invalid")]
    [InlineData("", "invalid")]
    [InlineData("a//b", "invalid")]
    [InlineData("..", "invalid")]
    [InlineData("50%", "invalid")]
    public async Task A_code_that_no_link_can_have_says_why_in_the_callers_language(string code, string status)
    {
        using var client = _links.ClientOf();
        var answer = await client.SendAsync(HttpMethod.Get, $"/api/v1/links/availability?code={Uri.EscapeDataString(code)}", null, ("Accept-Language", "de"));

        ((string?)answer.Json["status"]).ShouldBe(status);
        var creation = await client.SendAsync(HttpMethod.Post, "/api/v1/links", new { url = "https://example.com/", code }, ("Accept-Language", "de"));
        ((string?)answer.Json["reason"]).ShouldBe((string?)creation.Json["errors"]!["code"]![0]);
        answer.Json["suggestions"]!.AsArray().ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Bad_questions_are_refused_by_field()
    {
        using var client = _links.ClientOf();
        (await client.SendAsync(HttpMethod.Get, "/api/v1/links/availability")).ShouldRefuse("code");
        (await client.SendAsync(HttpMethod.Get, "/api/v1/links/availability?code=a&domain=evil.example")).ShouldRefuse("domain");
        (await client.SendAsync(HttpMethod.Get, "/api/v1/links/availability?code=a&linkId=x")).ShouldRefuse("linkId");
        ((string?)(await AskAsync(client, "code=" + new string('a', 1500)))["status"]).ShouldBe("invalid");
        (await client.SendAsync(HttpMethod.Get, "/api/v1/links/title")).ShouldRefuse("url");
    }

    [Fact]
    public async Task A_draft_and_a_visitor_are_validated_before_the_evaluator_is_asked()
    {
        using var client = _links.ClientOf();
        const string Evaluate = "/api/v1/links/evaluate";
        (await client.SendAsync(HttpMethod.Post, Evaluate, "{}")).ShouldRefuse("link");
        (await client.SendAsync(HttpMethod.Post, Evaluate, """{"link":{"url":"ftp://x"}}""")).ShouldRefuse("url");
        (await client.SendAsync(HttpMethod.Post, Evaluate, """{"link":{"url":"https://e.example/","rules":[{"when":{"country":["DE"]},"url":"https://e.example/"},{"when":{"any":[{"country":["Germany"]}]},"url":"https://e.example/"}]}}"""))
            .ShouldRefuse("rules[1].when.any[0].country[0]");
        foreach (var (field, value) in new[] { ("country", "XY"), ("device", "fridge"), ("language", "x-y-z-1"), ("referrer", "not a host"), ("os", "\u0001") })
        {
            var answer = await client.SendAsync(HttpMethod.Post, Evaluate, new JsonObject { ["link"] = new JsonObject { ["url"] = "https://e.example/" }, ["visitor"] = new JsonObject { [field] = value } });
            answer.ShouldBeProblem(HttpStatusCode.BadRequest, "validation");
            answer.Json["errors"]!.AsObject().ShouldHaveSingleItem().Key.ShouldStartWith("visitor." + field);
        }

        // No redirect runs here.
        (await client.SendAsync(HttpMethod.Post, Evaluate, """{"link":{"url":"https://e.example/"}}""")).ShouldBeProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
    }

    [Fact]
    public async Task The_evaluator_gets_the_normalized_draft_and_its_answer_is_passed_on()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        await using var redirect = builder.Build();
        EvaluationRequest? asked = null;
        string? key = null;
        redirect.MapPost("/internal/evaluate", (EvaluationRequest question, HttpRequest request) =>
        {
            (asked, key) = (question, request.Headers["X-Internal-Key"]);
            return new EvaluationResponse([new EvaluationOutcome("redirect", "rule", 0, "A", 0.5, "https://e.example/de?x=1", true)]);
        });
        await redirect.StartAsync();
        var address = redirect.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        await using var links = await fixture.StartAsync(new() { ["services:redirect:http:0"] = address });
        using var client = links.ClientOf();

        var answer = await client.SendAsync(HttpMethod.Post, "/api/v1/links/evaluate", """
            {"link":{"url":"https://e.example/","forwardQuery":true,"rules":[{"when":{"country":["de"]},"url":"https://e.example/de"}]},
             "visitor":{"country":"de","device":"preview","referrer":"direct","query":"?x=1","os":""},"at":"2030-01-01T00:00:00Z"}
            """);

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
        key.ShouldBe(Servers.InternalKey);
        asked!.Behavior.Rules!.Single().When.Country.ShouldBe(["DE"]);
        asked.Behavior.ForwardQuery.ShouldBe("visitor");
        asked.Visitor.ShouldBe(new DescribedVisitor { Country = "DE", Device = "preview", Query = "x=1" });
        asked.At.ShouldBe(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        JsonNode.DeepEquals(answer.Json["outcomes"], JsonNode.Parse("""
            [{"step":"redirect","by":"rule","rule":0,"variant":"A","share":0.5,"url":"https://e.example/de?x=1","asksForPassword":true}]
            """)).ShouldBeTrue(answer.Text);
        (await client.ListAsync()).Json["items"]!.AsArray().ShouldBeEmpty();
    }

    private static async Task<string?> StatusAsync(ApiClient client, string code) => (string?)(await AskAsync(client, "code=" + Uri.EscapeDataString(code)))["status"];

    private static async Task<JsonObject> AskAsync(ApiClient client, string query)
    {
        var answer = await client.SendAsync(HttpMethod.Get, "/api/v1/links/availability?" + query);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
        return answer.Json;
    }
}
