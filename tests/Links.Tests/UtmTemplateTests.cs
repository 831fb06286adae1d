using System.Net;
using System.Text.Json.Nodes;

namespace LinkShort.Links.Tests;

public sealed class UtmTemplateTests(LinksFixture fixture)
{
    private const string Templates = "/api/v1/utm-templates";

    private readonly LinksService _links = fixture.Links;

    [Fact]
    public async Task A_template_is_created_listed_read_changed_and_deleted()
    {
        using var client = _links.ClientOf();
        using var colleague = _links.ClientOf(client.Workspace);
        var created = await CreateAsync(client, "  Newsletter ", new { source = "newsletter", medium = "email" });
        created.Status.ShouldBe(HttpStatusCode.Created, created.Text);
        created.Header("Location").ShouldBe($"{Templates}/{created.Json["id"]}");
        created.Header("ETag").ShouldBe("\"v1\"");
        await CreateAsync(client, "ads", new { source = "ads" });

        var listed = (await colleague.SendAsync(HttpMethod.Get, Templates)).Json;
        listed["items"]!.AsArray().Select(item => (string?)item!["name"]).ShouldBe(["ads", "Newsletter"]);
        listed["nextCursor"].ShouldBeNull();
        JsonNode.DeepEquals(listed["items"]![1]!["utm"], JsonNode.Parse("""{"source":"newsletter","medium":"email"}""")).ShouldBeTrue();

        var path = $"{Templates}/{created.Json["id"]}";
        (await client.SendAsync(HttpMethod.Patch, path, new { name = "Mail" }, ("If-Match", "\"v9\""))).ShouldBeProblem(HttpStatusCode.PreconditionFailed, "precondition-failed");
        var changed = await colleague.SendAsync(HttpMethod.Patch, path, new { name = "Mail" }, ("If-Match", "\"v1\""));
        ((string?)changed.Json["name"]).ShouldBe("Mail");
        ((string?)changed.Json["utm"]!["medium"]).ShouldBe("email", "parameters that a change doesn't name are kept");
        changed = await client.SendAsync(HttpMethod.Patch, path, new { utm = new { campaign = "spring" } });
        JsonNode.DeepEquals(changed.Json["utm"], JsonNode.Parse("""{"campaign":"spring"}""")).ShouldBeTrue(changed.Text);
        JsonNode.DeepEquals((await client.SendAsync(HttpMethod.Get, path)).Json, changed.Json).ShouldBeTrue();

        (await client.SendAsync(HttpMethod.Delete, path)).Status.ShouldBe(HttpStatusCode.NoContent);
        (await client.SendAsync(HttpMethod.Get, path)).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
        (await client.SendAsync(HttpMethod.Delete, path)).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Every_change_is_audited_with_what_changed()
    {
        using var client = _links.ClientOf();
        var id = (Guid)(await CreateAsync(client, "Audited", new { source = "a" })).Json["id"]!;
        await client.SendAsync(HttpMethod.Patch, $"{Templates}/{id}", new { name = "Audited again" });
        await client.SendAsync(HttpMethod.Patch, $"{Templates}/{id}", new { name = "Audited again" });
        await client.SendAsync(HttpMethod.Delete, $"{Templates}/{id}");

        var entries = await fixture.Events.AuditedAsync(id.ToString(), 3);
        entries.Select(entry => entry.Action).ShouldBe(["utmTemplate.created", "utmTemplate.changed", "utmTemplate.deleted"]);
        entries.ShouldAllBe(entry => entry.WorkspaceId == client.Workspace);
        entries[1].After!.ShouldContain("Audited again");
        entries[1].After!.ShouldNotContain("source");
    }

    [Fact]
    public async Task Another_workspaces_template_does_not_exist()
    {
        using var owner = _links.ClientOf();
        using var other = _links.ClientOf();
        var path = $"{Templates}/{(await CreateAsync(owner, "Mine", new { source = "a" })).Json["id"]}";

        (await other.SendAsync(HttpMethod.Get, Templates)).Json["items"]!.AsArray().ShouldBeEmpty();
        (await other.SendAsync(HttpMethod.Get, path)).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
        (await other.SendAsync(HttpMethod.Patch, path, new { name = "x" })).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
        (await other.SendAsync(HttpMethod.Delete, path)).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
        // The name is free in another workspace.
        (await CreateAsync(other, "Mine", new { source = "a" })).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("""{"utm":{"source":"a"}}""", "name")]
    [InlineData("""{"name":"  ","utm":{"source":"a"}}""", "name")]
    [InlineData("""{"name":"a\u0000b","utm":{"source":"a"}}""", "name")]
    [InlineData("""{"name":"x"}""", "utm")]
    [InlineData("""{"name":"x","utm":{}}""", "utm")]
    [InlineData("""{"name":"x","utm":{"source":" "}}""", "utm")]
    [InlineData("""{"name":"x","utm":{"source":"a\nb"}}""", "utm.source")]
    [InlineData("""{"name":"x","utm":{"sauce":"a"}}""", "utm.sauce")]
    public async Task Bad_templates_are_refused_by_field_and_change_nothing(string body, string field)
    {
        using var client = _links.ClientOf();
        (await client.SendAsync(HttpMethod.Post, Templates, body)).ShouldRefuse(field);
        (await client.SendAsync(HttpMethod.Get, Templates)).Json["items"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_is_used_once_and_there_are_at_most_a_hundred()
    {
        using var client = _links.ClientOf();
        (await CreateAsync(client, "Größe", new { source = "a" })).Status.ShouldBe(HttpStatusCode.Created);
        (await CreateAsync(client, "GRÖßE", new { source = "b" })).ShouldRefuse("name");
        (await CreateAsync(client, new string('n', 51), new { source = "b" })).ShouldRefuse("name");
        var other = await CreateAsync(client, "Other", new { source = "b" });
        (await client.SendAsync(HttpMethod.Patch, $"{Templates}/{other.Json["id"]}", new { name = "größe" })).ShouldRefuse("name");

        var answers = await Task.WhenAll(Enumerable.Range(0, 105).Select(i => CreateAsync(client, $"Template {i}", new { source = "b" })));
        answers.Count(answer => answer.Status == HttpStatusCode.Created).ShouldBe(98);
        answers.Where(answer => answer.Status != HttpStatusCode.Created).ShouldAllBe(answer => answer.Text.Contains("100"));
    }

    [Fact]
    public async Task A_repeated_creation_returns_the_same_template()
    {
        using var client = _links.ClientOf();
        var first = await client.SendAsync(HttpMethod.Post, Templates, new { name = "Once", utm = new { source = "a" } }, ("Idempotency-Key", "once"));
        var second = await client.SendAsync(HttpMethod.Post, Templates, new { name = "Once", utm = new { source = "a" } }, ("Idempotency-Key", "once"));
        second.Json["id"]!.ToString().ShouldBe(first.Json["id"]!.ToString());
        (await client.SendAsync(HttpMethod.Get, Templates)).Json["items"]!.AsArray().Count.ShouldBe(1);
    }

    private static Task<ApiAnswer> CreateAsync(ApiClient client, string name, object utm) => client.SendAsync(HttpMethod.Post, Templates, new { name, utm });
}
