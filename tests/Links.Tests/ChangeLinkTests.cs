using System.Net;

namespace LinkShort.Links.Tests;

public sealed class ChangeLinkTests(LinksFixture fixture)
{
    private readonly LinksService _links = fixture.Links;

    [Fact]
    public async Task A_change_sets_the_given_fields_and_clears_nulls()
    {
        using var client = _links.ClientOf();
        var link = await client.CreatedAsync(new { url = "https://example.com/", title = "Title", notes = "Notes", tags = new[] { "a" }, redirectType = 301, expiresAt = "2035-01-01T00:00:00Z" });

        var answer = await client.ChangeAsync(link["id"]!, """{"url":"https://example.com/new","title":null,"tags":["b","c"]}""");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
        answer.Header("ETag").ShouldBe("\"v2\"");
        var changed = answer.Json;
        ((string)changed["url"]!).ShouldBe("https://example.com/new");
        changed["title"].ShouldBeNull();
        ((string)changed["notes"]!).ShouldBe("Notes");
        changed["tags"]!.AsArray().Select(tag => (string)tag!).ShouldBe(["b", "c"]);
        ((int)changed["redirectType"]!).ShouldBe(301);
        ((string)changed["expiresAt"]!).ShouldBe("2035-01-01T00:00:00Z");
        ((long)changed["version"]!).ShouldBe(2);
        ((string)changed["code"]!).ShouldBe((string)link["code"]!);
        ((string)changed["createdAt"]!).ShouldBe((string)link["createdAt"]!);
        ((DateTimeOffset)changed["updatedAt"]!).ShouldBeGreaterThan((DateTimeOffset)link["updatedAt"]!);
        (await client.GetAsync(link["id"]!)).Text.ShouldBe(answer.Text);

        var cleared = (await client.ChangeAsync(link["id"]!, """{"notes":null,"tags":null,"redirectType":null,"expiresAt":null}""")).Json;
        cleared["notes"].ShouldBeNull();
        cleared["tags"]!.AsArray().ShouldBeEmpty();
        ((int)cleared["redirectType"]!).ShouldBe(302);
        cleared["expiresAt"].ShouldBeNull();
        ((long)cleared["version"]!).ShouldBe(3);
    }

    [Fact]
    public async Task A_change_without_effect_is_no_new_version()
    {
        using var client = _links.ClientOf();
        var link = await client.CreatedAsync(new { url = "https://example.com/", title = "Same" });
        foreach (var body in new[] { "{}", """{"title":"Same"}""", """{"title":" Same ","url":"https://example.com/","notes":null}""" })
        {
            var answer = await client.ChangeAsync(link["id"]!, body);
            answer.Status.ShouldBe(HttpStatusCode.OK);
            answer.Header("ETag").ShouldBe("\"v1\"");
        }

        // A later change has the second event, so there was none in between.
        await client.ChangeAsync(link["id"]!, new { title = "Other" });
        var events = await fixture.Events.WaitForAsync(Guid.Parse((string)link["id"]!), 2);
        events.Count.ShouldBe(2);
    }

    [Fact]
    public async Task If_Match_prevents_changing_an_unseen_version()
    {
        using var client = _links.ClientOf();
        var id = (await client.CreatedAsync())["id"]!;
        (await client.ChangeAsync(id, new { title = "one" }, "\"v1\"")).Status.ShouldBe(HttpStatusCode.OK);
        foreach (var tag in new[] { "\"v1\"", "W/\"v2\"", "\"other\"", "v2", "\"v1\", \"v3\"" })
        {
            (await client.ChangeAsync(id, new { title = "two" }, tag)).ShouldBeProblem(HttpStatusCode.PreconditionFailed, "precondition-failed");
            (await client.DeleteAsync(id, tag)).ShouldBeProblem(HttpStatusCode.PreconditionFailed, "precondition-failed");
            (await client.ArchiveAsync(id, tag)).ShouldBeProblem(HttpStatusCode.PreconditionFailed, "precondition-failed");
        }

        ((string)(await client.GetAsync(id)).Json["title"]!).ShouldBe("one");
        (await client.ChangeAsync(id, new { title = "two" }, "\"v1\", \"v2\"")).Header("ETag").ShouldBe("\"v3\"");
        (await client.ChangeAsync(id, new { title = "three" }, "*")).Header("ETag").ShouldBe("\"v4\"");
        (await client.DeleteAsync(id, "\"v4\"")).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task If_None_Match_avoids_sending_a_known_version()
    {
        using var client = _links.ClientOf();
        var id = (await client.CreatedAsync())["id"]!;
        var known = await client.GetAsync(id, "\"v1\"");
        known.Status.ShouldBe(HttpStatusCode.NotModified);
        known.Text.ShouldBeEmpty();
        known.Header("ETag").ShouldBe("\"v1\"");
        (await client.GetAsync(id, "W/\"v1\", \"x\"")).Status.ShouldBe(HttpStatusCode.NotModified);
        await client.ChangeAsync(id, new { title = "new" });
        (await client.GetAsync(id, "\"v1\"")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Concurrent_changes_create_one_version_each()
    {
        using var client = _links.ClientOf();
        var id = (await client.CreatedAsync())["id"]!;
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => client.ChangeAsync(id, new { title = $"title {i}" })));
        answers.Select(answer => (long)answer.Json["version"]!).Order().ShouldBe(Enumerable.Range(2, 10).Select(version => (long)version));

        // Of several changes with the same If-Match, one succeeds.
        answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => client.ChangeAsync(id, new { title = $"guarded {i}" }, "\"v11\"")));
        answers.Count(answer => answer.Status == HttpStatusCode.OK).ShouldBe(1);
        answers.Count(answer => answer.Status == HttpStatusCode.PreconditionFailed).ShouldBe(9);
    }

    [Fact]
    public async Task The_window_of_a_link_is_validated_after_the_change()
    {
        using var client = _links.ClientOf();
        var id = (await client.CreatedAsync(new { url = "https://example.com/", activeFrom = "2030-01-01T00:00:00Z" }))["id"]!;
        (await client.ChangeAsync(id, new { expiresAt = "2029-01-01T00:00:00Z" })).ShouldRefuse("expiresAt");
        (await client.ChangeAsync(id, new { expiresAt = "2030-01-01T00:00:00Z" })).ShouldRefuse("expiresAt");
        (await client.ChangeAsync(id, new { expiresAt = "2029-01-01T00:00:00Z", activeFrom = "2028-01-01T00:00:00Z" })).Status.ShouldBe(HttpStatusCode.OK);
        // A time in the past expires a link immediately.
        (await client.ChangeAsync(id, """{"expiresAt":"2026-01-01T00:00:00Z","activeFrom":null}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await client.ListAllAsync("status=expired")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Archiving_takes_a_link_out_of_the_list_and_restoring_brings_it_back()
    {
        using var client = _links.ClientOf();
        var id = (await client.CreatedAsync())["id"]!;
        var archived = await client.ArchiveAsync(id);
        archived.Status.ShouldBe(HttpStatusCode.OK);
        ((bool)archived.Json["archived"]!).ShouldBeTrue();
        archived.Header("ETag").ShouldBe("\"v2\"");
        // Archiving is idempotent.
        (await client.ArchiveAsync(id)).Header("ETag").ShouldBe("\"v2\"");
        (await client.ListAllAsync("")).ShouldBeEmpty();
        (await client.ListAllAsync("status=archived")).Count.ShouldBe(1);

        var restored = await client.RestoreAsync(id);
        ((bool)restored.Json["archived"]!).ShouldBeFalse();
        restored.Header("ETag").ShouldBe("\"v3\"");
        (await client.ListAllAsync("")).Count.ShouldBe(1);
        var events = await fixture.Events.WaitForAsync(Guid.Parse((string)id!), 3);
        fixture.Events.ChangesOf(Guid.Parse((string)id!)).OrderBy(link => link.Version).Select(link => link.Archived).ShouldBe([false, true, false]);
        events.Count.ShouldBe(3);
    }
}
