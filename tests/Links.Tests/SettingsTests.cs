using System.ComponentModel.DataAnnotations;
using System.Net;
using LinkShort.Testing;

namespace LinkShort.Links.Tests;

public sealed class SettingsTests(LinksFixture fixture)
{
    [Theory]
    [InlineData("ShortUrlBase", "", "")]
    [InlineData("ShortUrlBase", "go.example.com", "")]
    [InlineData("ShortUrlBase", "ftp://go.example.com", "")]
    [InlineData("ShortUrlBase", "https://go.example.com/path", "")]
    [InlineData("ShortUrlBase", "https://go.example.com?x", "")]
    [InlineData("ShortUrlBase", "https://go.example.com/#x", "")]
    [InlineData("ShortUrlBase", "https://user@go.example.com", "")]
    [InlineData("OwnHosts", "https://go.example.com", "good.example, https://go.example.com")]
    [InlineData("OwnHosts", "a..b", "a..b")]
    public void A_bad_setting_is_reported_with_its_fix(string setting, string value, string ownHosts)
    {
        var options = setting == "OwnHosts" ? new LinksOptions { OwnHosts = ownHosts } : new LinksOptions { ShortUrlBase = value };
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), results, true).ShouldBeFalse();
        results.Single().MemberNames.ShouldBe([setting]);
        results.Single().ErrorMessage!.ShouldContain($"'{value}'");
    }

    [Theory]
    [InlineData("http://localhost:8080")]
    [InlineData("https://go.example.com/")]
    [InlineData("https://bücher.example")]
    [InlineData("http://[::1]:8080")]
    public void Good_bases_are_accepted(string value)
    {
        var options = new LinksOptions { ShortUrlBase = value, OwnHosts = "a.example;8.8.8.8 [::1]" };
        Validator.TryValidateObject(options, new ValidationContext(options), null, true).ShouldBeTrue();
    }

    [Fact]
    public async Task A_bad_setting_stops_the_start_and_its_key_is_reported()
    {
        var exception = await Should.ThrowAsync<Exception>(() => fixture.StartAsync(new() { ["Links:ShortUrlBase"] = "go.example.com" }));
        exception.ToString().ShouldContain("Links__ShortUrlBase");
    }

    [Fact]
    public async Task Two_replicas_start_concurrently_on_an_empty_database()
    {
        var settings = await fixture.Servers.SettingsAsync("linksdb", fixture.Identity);
        var replicas = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => LinksService.Start(new(settings), fixture.Identity))));
        try
        {
            using var one = replicas[0].ClientOf();
            using var two = replicas[1].ClientOf(one.Workspace);
            var link = await one.CreatedAsync();
            (await two.GetAsync(link["id"]!)).Status.ShouldBe(HttpStatusCode.OK);
            // An idempotency key is shared by both.
            var person = Guid.CreateVersion7();
            using var left = replicas[0].ClientOf(one.Workspace, person);
            using var right = replicas[1].ClientOf(one.Workspace, person);
            var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? left : right).CreateAsync(new { url = "https://example.com/2" }, "both")));
            answers.Count(answer => answer.Status == HttpStatusCode.Created && answer.Header("Idempotency-Replayed") is null).ShouldBe(1);
            (await one.ListAllAsync("")).Count.ShouldBe(2);
        }
        finally
        {
            foreach (var replica in replicas)
            {
                await replica.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task The_service_is_healthy_and_describes_its_API()
    {
        using var client = new ApiClient(fixture.Links.Anonymous(), Guid.Empty);
        await Eventually.PassesAsync(async () => (await client.SendAsync(HttpMethod.Get, "/health")).Text.ShouldContain("\"status\":\"healthy\""));
        var document = (await client.SendAsync(HttpMethod.Get, "/openapi/v1.json")).Json;
        var operations = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()
            .Select(operation => (Name: $"{operation.Key.ToUpperInvariant()} {path.Key}", Operation: operation.Value!.AsObject()))).ToDictionary(pair => pair.Name, pair => pair.Operation);
        operations.Keys.Order(StringComparer.Ordinal).ShouldBe(
        [
            "DELETE /api/v1/links/{id}", "DELETE /api/v1/qr-logo", "DELETE /api/v1/utm-templates/{id}",
            "GET /api/v1/links", "GET /api/v1/links/availability", "GET /api/v1/links/title", "GET /api/v1/links/{id}", "GET /api/v1/links/{id}/qr",
            "GET /api/v1/qr-logo", "GET /api/v1/tags", "GET /api/v1/utm-templates", "GET /api/v1/utm-templates/{id}",
            "PATCH /api/v1/links", "PATCH /api/v1/links/{id}", "PATCH /api/v1/utm-templates/{id}",
            "POST /api/v1/links", "POST /api/v1/links/evaluate", "POST /api/v1/links/{id}/archive", "POST /api/v1/links/{id}/duplicate",
            "POST /api/v1/links/{id}/restore", "POST /api/v1/utm-templates",
            "PUT /api/v1/qr-logo",
        ]);
        foreach (var (name, operation) in operations)
        {
            ((string?)operation["summary"]).ShouldNotBeNullOrEmpty(name);
            ((string?)operation["operationId"]).ShouldNotBeNullOrEmpty(name);
            var answers = operation["responses"]!.AsObject();
            answers["401"]!["content"]!["application/problem+json"].ShouldNotBeNull(name);
            answers.ContainsKey(name is "POST /api/v1/links" or "POST /api/v1/links/{id}/duplicate" or "POST /api/v1/utm-templates" ? "201"
                : name.StartsWith("DELETE", StringComparison.Ordinal) || name.StartsWith("PUT", StringComparison.Ordinal) ? "204" : "200").ShouldBeTrue(name);
            var takesKey = operation["parameters"]?.AsArray().Any(parameter => (string?)parameter!["name"] == "Idempotency-Key") ?? false;
            // Evaluating saves nothing.
            takesKey.ShouldBe(name.StartsWith("POST", StringComparison.Ordinal) && !name.EndsWith("/evaluate", StringComparison.Ordinal), name);
        }

        var link = document["components"]!["schemas"]!["LinkResponse"]!["properties"]!.AsObject().Select(property => property.Key);
        link.ShouldBe(
        [
            "id", "code", "aliases", "domain", "shortUrl", "url", "title", "notes", "tags", "redirectType", "activeFrom", "expiresAt", "expiredUrl", "maxClicks",
            "usedUp", "hasPassword", "forwardQuery", "utm", "rules", "variants", "preview", "deepLinks", "cacheSeconds", "allowIndexing", "archived", "deletedAt", "restorableUntil", "createdBy", "createdAt", "updatedAt", "version", "clicks",
        ]);
    }
}
