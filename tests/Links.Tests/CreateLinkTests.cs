using System.Net;
using System.Text.Json.Nodes;
using Dapper;
using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Links.Tests;

public sealed class CreateLinkTests(LinksFixture fixture)
{
    private readonly LinksService _links = fixture.Links;

    [Fact]
    public async Task A_new_link_has_a_generated_code_and_all_given_fields()
    {
        using var client = _links.ClientOf();
        var before = TimeProvider.System.GetUtcNow();
        var answer = await client.CreateAsync(new
        {
            url = "https://example.com/a%2Bb?x=%20&y#Z",
            title = "  Spring sale ",
            notes = "first line\nsecond line",
            tags = new[] { "spring", "sale", "Spring" },
            redirectType = 307,
            activeFrom = "2030-01-01T10:00:00+02:00",
            expiresAt = "2030-02-01T00:00:00.1234567Z",
        });

        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Text);
        var link = answer.Json;
        var id = Guid.Parse((string)link["id"]!);
        id.Version.ShouldBe(7);
        answer.Header("Location").ShouldBe($"/api/v1/links/{id}");
        answer.Header("ETag").ShouldBe("\"v1\"");
        ((string)link["code"]!).ShouldMatch("^[2-9A-HJ-NP-Za-kmnp-z]{7}$");
        ((string)link["domain"]!).ShouldBe("localhost:8080");
        ((string)link["shortUrl"]!).ShouldBe($"http://localhost:8080/{link["code"]}");
        ((string)link["url"]!).ShouldBe("https://example.com/a%2Bb?x=%20&y#Z");
        ((string)link["title"]!).ShouldBe("Spring sale");
        ((string)link["notes"]!).ShouldBe("first line\nsecond line");
        link["tags"]!.AsArray().Select(tag => (string)tag!).ShouldBe(["spring", "sale"]);
        ((int)link["redirectType"]!).ShouldBe(307);
        ((string)link["activeFrom"]!).ShouldBe("2030-01-01T08:00:00Z");
        ((string)link["expiresAt"]!).ShouldBe("2030-02-01T00:00:00.123456Z");
        ((bool)link["archived"]!).ShouldBeFalse();
        ((long)link["version"]!).ShouldBe(1);
        ((long)link["clicks"]!).ShouldBe(0);
        ((DateTimeOffset)link["createdAt"]!).ShouldBe(before, TimeSpan.FromSeconds(20));
        ((string)link["updatedAt"]!).ShouldBe((string)link["createdAt"]!);

        var read = await client.GetAsync(id);
        read.Status.ShouldBe(HttpStatusCode.OK);
        read.Text.ShouldBe(answer.Text);
    }

    [Fact]
    public async Task A_link_needs_nothing_but_a_URL()
    {
        using var client = _links.ClientOf();
        var link = await client.CreatedAsync(new { url = "http://example.com" });
        ((int)link["redirectType"]!).ShouldBe(302);
        link["tags"]!.AsArray().ShouldBeEmpty();
        foreach (var field in new[] { "title", "notes", "activeFrom", "expiresAt" })
        {
            link.ContainsKey(field).ShouldBeTrue();
            link[field].ShouldBeNull();
        }
    }

    [Theory]
    [InlineData("https://example.com/%E2%82%AC?q=€&r=%zz&s=a+b&t=%2B&&=x#f/?#")]
    [InlineData("https://münchen.de/straße/👩‍👩‍👧‍👦")]
    [InlineData("HTTP://EXAMPLE.com:80/./a/../b")]
    [InlineData("https://example.com/e\u0301")]
    public async Task The_destination_is_stored_byte_for_byte(string url)
    {
        using var client = _links.ClientOf();
        var link = await client.CreatedAsync(new { url });
        ((string)(await client.GetAsync(link["id"]!)).Json["url"]!).ShouldBe(url);
        await using var connection = await _links.Database.OpenConnectionAsync();
        var stored = await connection.QuerySingleAsync<string>(
            "select url from links where workspace_id = @Workspace and id = @id", new { client.Workspace, id = Guid.Parse((string)link["id"]!) });
        stored.ShouldBe(url);
    }

    [Fact]
    public async Task A_custom_code_is_used()
    {
        using var client = _links.ClientOf();
        var code = $"Launch-{Guid.NewGuid():N}/herbst.ü~🚀";
        var link = await client.CreatedAsync(new { url = "https://example.com/", code });
        ((string)link["code"]!).ShouldBe(code);
        ((string)link["shortUrl"]!).ShouldBe($"http://localhost:8080/{code.Replace("ü", "%C3%BC", StringComparison.Ordinal).Replace("🚀", "%F0%9F%9A%80", StringComparison.Ordinal)}");
    }

    [Fact]
    public async Task Create_with_a_taken_code_is_a_conflict_and_keeps_the_original()
    {
        using var owner = _links.ClientOf();
        using var other = _links.ClientOf();
        var code = $"taken-{Guid.NewGuid():N}é";
        var original = await owner.CreatedAsync(new { url = "https://example.com/original", code });

        (await owner.CreateAsync(new { url = "https://example.com/mine", code })).ShouldBeProblem(HttpStatusCode.Conflict, "code-taken");
        // For other workspaces as well, without revealing the owner, and in another normalization form.
        var problem = (await other.CreateAsync(new { url = "https://example.com/theirs", code = code.Normalize(System.Text.NormalizationForm.FormD) }))
            .ShouldBeProblem(HttpStatusCode.Conflict, "code-taken");
        problem.ToJsonString().ShouldNotContain(owner.Workspace.ToString());

        (await owner.GetAsync(original["id"]!)).Text.ShouldBe(original.ToJsonString(), new JsonTextComparer());
        (await other.ListAsync()).Json["items"]!.AsArray().ShouldBeEmpty();
        // Codes are case-sensitive.
        await other.CreatedAsync(new { url = "https://example.com/theirs", code = code.ToUpperInvariant() });
    }

    [Fact]
    public async Task Exactly_one_of_several_concurrent_requests_for_a_code_succeeds()
    {
        var code = $"race-{Guid.NewGuid():N}";
        var clients = Enumerable.Range(0, 12).Select(_ => _links.ClientOf()).ToArray();
        var answers = await Task.WhenAll(clients.Select((client, i) => client.CreateAsync(new { url = $"https://example.com/{i}", code })));

        answers.Count(answer => answer.Status == HttpStatusCode.Created).ShouldBe(1);
        answers.Where(answer => answer.Status != HttpStatusCode.Created).ShouldAllBe(answer => answer.Status == HttpStatusCode.Conflict);
        await using var connection = await _links.Database.OpenConnectionAsync();
        (await connection.QuerySingleAsync<string>("select url from links where code = @code", new { code }))
            .ShouldBe((string)answers.Single(answer => answer.Status == HttpStatusCode.Created).Json["url"]!);
    }

    [Fact]
    public async Task A_generated_code_that_is_taken_is_drawn_again_and_counted()
    {
        var draws = new System.Collections.Concurrent.ConcurrentQueue<string>(["first22", "first22", "first22", "second2"]);
        await using var links = await fixture.StartAsync(services: services => services.AddSingleton(new CodeGenerator(() => draws.TryDequeue(out var code) ? code : "second2")));
        using var meter = new CounterProbe(links.Services);
        using var client = links.ClientOf();

        ((string)(await client.CreatedAsync())["code"]!).ShouldBe("first22");
        ((string)(await client.CreatedAsync())["code"]!).ShouldBe("second2");
        meter.Sum("linkshort.links.code_collisions").ShouldBe(2);
        meter.Sum("linkshort.links.created").ShouldBe(2);

        // A generator that repeats itself is a bug, and reported as one; nothing is overwritten.
        (await client.CreateAsync(new { url = "https://example.com/" })).ShouldBeProblem(HttpStatusCode.InternalServerError, "internal");
        (await client.ListAllAsync("")).Count.ShouldBe(2);
    }

    [Fact]
    public async Task The_default_domain_is_accepted_and_no_other()
    {
        using var client = _links.ClientOf();
        foreach (var domain in new[] { "localhost:8080", "localhost", "LOCALHOST:8080" })
        {
            ((string)(await client.CreatedAsync(new { url = "https://example.com/", domain }))["domain"]!).ShouldBe("localhost:8080");
        }

        await client.CreatedAsync("""{"url":"https://example.com/","domain":null,"code":null,"title":null,"tags":null,"redirectType":null}""");
        (await client.CreateAsync(new { url = "https://example.com/", domain = "go.example.com" })).ShouldRefuse("domain");
        (await client.CreateAsync(new { url = "https://example.com/", domain = "" })).ShouldRefuse("domain");
    }

    [Fact]
    public async Task The_short_host_is_a_setting()
    {
        await using var links = await fixture.StartAsync(new() { ["Links:ShortUrlBase"] = "https://go.example.org/", ["Links:OwnHosts"] = "old.example.org" });
        using var client = links.ClientOf();
        var link = await client.CreatedAsync(new { url = "http://localhost.example.com/", domain = "go.example.org" });
        ((string)link["shortUrl"]!).ShouldBe($"https://go.example.org/{link["code"]}");
        ((string)link["domain"]!).ShouldBe("go.example.org");
        (await client.CreateAsync(new { url = "https://go.example.org/x" })).ShouldRefuse("url");
        (await client.CreateAsync(new { url = "https://OLD.example.org/x" })).ShouldRefuse("url");
    }

    [Fact]
    public async Task Private_destinations_are_a_setting()
    {
        await using var links = await fixture.StartAsync(new() { ["Links:AllowPrivateDestinations"] = "true" });
        using var client = links.ClientOf();
        await client.CreatedAsync(new { url = "http://192.168.1.20:3000/wiki" });
        (await client.CreateAsync(new { url = "http://localhost:8080/loop" })).ShouldRefuse("url");
        using var strict = _links.ClientOf();
        (await strict.CreateAsync(new { url = "http://192.168.1.20:3000/wiki" })).ShouldRefuse("url");
    }

    [Fact]
    public async Task All_errors_are_reported_together()
    {
        using var client = _links.ClientOf();
        var answer = await client.CreateAsync(new { url = "ftp://x", code = "a b", domain = "x.y", title = new string('t', 256), redirectType = 303, tags = new[] { "" } });
        foreach (var field in new[] { "url", "code", "domain", "title", "redirectType", "tags[0]" })
        {
            answer.ShouldRefuse(field);
        }
    }

    [Fact]
    public async Task Without_a_token_or_permission_nothing_is_created()
    {
        using var anonymous = new ApiClient(_links.Anonymous(), Guid.Empty);
        (await anonymous.CreateAsync(new { url = "https://example.com/" })).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthorized");
        using var forged = new ApiClient(_links.Anonymous(TokenIssuer.ForgedToken()), Guid.Empty);
        (await forged.CreateAsync(new { url = "https://example.com/" })).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthorized");
        using var reader = _links.ClientOf(scopes: Scopes.LinksRead);
        (await reader.CreateAsync(new { url = "https://example.com/" })).ShouldBeProblem(HttpStatusCode.Forbidden, "forbidden");
        (await reader.ListAsync()).Json["items"]!.AsArray().ShouldBeEmpty();
        using var writer = _links.ClientOf(scopes: Scopes.LinksWrite);
        var link = await writer.CreatedAsync();
        (await writer.GetAsync(link["id"]!)).ShouldBeProblem(HttpStatusCode.Forbidden, "forbidden");
    }

    private sealed class JsonTextComparer : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) => JsonNode.DeepEquals(JsonNode.Parse(x!), JsonNode.Parse(y!));

        public int GetHashCode(string obj) => 0;
    }
}
