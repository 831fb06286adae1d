using System.Net;
using System.Text.Json.Nodes;
using Dapper;
using LinkShort.Contracts;

namespace LinkShort.Links.Tests;

/// <summary>Duplicates, changes of many links, tags, and what the list counts and filters beyond <see cref="ListLinksTests"/>.</summary>
public sealed class ManyLinksTests(LinksFixture fixture)
{
    private readonly LinksService _links = fixture.Links;

    [Fact]
    public async Task A_duplicate_has_the_settings_and_none_of_the_history()
    {
        var workspace = Guid.CreateVersion7();
        var (author, copier) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        using var client = _links.ClientOf(workspace, author);
        using var colleague = _links.ClientOf(workspace, copier);
        var link = await client.CreatedAsync(new
        {
            url = "https://example.com/a", code = $"first-{Guid.NewGuid():N}", title = "T", notes = "N", tags = new[] { "x" }, maxClicks = 3, password = "secret",
            expiresAt = "2090-01-01T00:00:00Z", utm = new { source = "s" }, rules = new[] { new { when = new { country = new[] { "DE" } }, url = "https://example.com/de" } },
        });
        var id = (string)link["id"]!;
        await client.ChangeAsync(id, new { code = $"second-{Guid.NewGuid():N}" });
        await client.ArchiveAsync(id);
        await using (var connection = await _links.Database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync("update links set clicks = 9, visits_used = 3 where id = @id", new { id = Guid.Parse(id) });
        }

        var answer = await colleague.DuplicateAsync(id, "once");
        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Text);
        answer.Header("ETag").ShouldBe("\"v1\"");
        var copy = answer.Json;
        foreach (var same in new[] { "url", "title", "notes", "tags", "maxClicks", "hasPassword", "expiresAt", "utm", "rules", "redirectType", "domain" })
        {
            JsonNode.DeepEquals(copy[same], link[same]).ShouldBeTrue(same);
        }

        ((string)copy["id"]!).ShouldNotBe(id);
        ((string)copy["code"]!).Length.ShouldBe(7);
        copy["aliases"]!.AsArray().ShouldBeEmpty();
        ((long)copy["clicks"]!, (bool)copy["usedUp"]!, (bool)copy["archived"]!, (Guid)copy["createdBy"]!).ShouldBe((0, false, false, copier));
        ((Guid)link["createdBy"]!).ShouldBe(author);
        ((string)(await colleague.DuplicateAsync(id, "once")).Json["id"]!).ShouldBe((string)copy["id"]!);
        // The same hash: the same password opens it.
        (await fixture.Events.WaitForAsync(Guid.Parse((string)copy["id"]!), 1)).OfType<LinkChanged>().Single().Link.Behavior!.PasswordHash
            .ShouldBe((await fixture.Events.WaitForAsync(Guid.Parse(id), 3)).OfType<LinkChanged>().First().Link.Behavior!.PasswordHash);

        await client.ChangeAsync(id, new { expiresAt = "2020-01-01T00:00:00Z" });
        (await client.DuplicateAsync(id)).Json["expiresAt"].ShouldBeNull("a copy that was born expired would help nobody");
        (await client.DuplicateAsync(Guid.NewGuid())).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Links_that_are_deleted_already_are_unchanged_by_deleting_and_not_found_by_anything_else()
    {
        using var client = _links.ClientOf();
        var id = (string)(await client.CreatedAsync())["id"]!;
        var other = Guid.CreateVersion7().ToString();
        (await client.ChangeAllAsync(new { ids = new[] { id }, deleted = true })).Json["changed"]!.GetValue<int>().ShouldBe(1);

        OutcomesOf(await client.ChangeAllAsync(new { ids = new[] { id, other }, deleted = true })).ShouldBe(["unchanged", "notFound"]);
        OutcomesOf(await client.ChangeAllAsync(new { ids = new[] { id }, archived = true })).ShouldBe(["notFound"]);

        static string[] OutcomesOf(ApiAnswer answer) => [.. answer.Json["results"]!.AsArray().Select(result => (string)result!["outcome"]!)];
    }

    [Fact]
    public async Task A_link_to_a_suspended_host_can_not_be_duplicated()
    {
        using var client = _links.ClientOf();
        using var operators = _links.Internal();
        var host = $"{Guid.NewGuid():N}.example.net";
        var id = (string)(await client.CreatedAsync(new { url = "https://example.com/", variants = new object[] { new { weight = 1 }, new { weight = 1, url = $"https://{host}/" } } }))["id"]!;
        (await operators.PutAsync($"/internal/suspensions/host?target={host}", null)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.DuplicateAsync(id)).ShouldRefuse("variants[1].url");
        (await client.ListAllAsync("status=all")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Many_links_are_tagged_archived_deleted_and_restored_each_on_its_own()
    {
        using var client = _links.ClientOf();
        using var other = _links.ClientOf();
        var full = (string)(await client.CreatedAsync(new { url = "https://example.com/", tags = Enumerable.Range(1, 20).Select(i => $"t{i}") }))["id"]!;
        var one = (string)(await client.CreatedAsync(new { url = "https://example.com/", tags = new[] { "Spring", "old" } }))["id"]!;
        var two = (string)(await client.CreatedAsync())["id"]!;
        var theirs = (string)(await other.CreatedAsync())["id"]!;
        var ids = new[] { two, theirs, full, one, two };

        (await ChangeAsync(new { ids, addTags = new[] { "spring", "new" }, removeTags = new[] { "OLD" } })).ShouldBe((2, "changed, notFound, tooManyTags, changed"));
        (await TagsAsync(one)).ShouldBe(["Spring", "new"]);
        (await TagsAsync(two)).ShouldBe(["spring", "new"]);
        (await ChangeAsync(new { ids, removeTags = new[] { "t1" }, addTags = new[] { "NEW" } })).ShouldBe((1, "unchanged, notFound, changed, unchanged"));
        (await ChangeAsync(new { ids, archived = true })).ShouldBe((3, "changed, notFound, changed, changed"));
        (await client.ListAllAsync("status=archived")).Count.ShouldBe(3);
        (await ChangeAsync(new { ids, archived = false })).Changed.ShouldBe(3);
        (await ChangeAsync(new { ids, deleted = true })).Changed.ShouldBe(3);
        (await client.ListAllAsync("status=all")).ShouldBeEmpty();
        (await ChangeAsync(new { ids, archived = true })).ShouldBe((0, "notFound, notFound, notFound, notFound"));
        (await ChangeAsync(new { ids, deleted = false })).ShouldBe((3, "changed, notFound, changed, changed"));
        (await client.ListAllAsync("")).Count.ShouldBe(3);
        (await other.GetAsync(theirs)).Header("ETag").ShouldBe("\"v1\"");

        var tags = (await client.SendAsync(HttpMethod.Get, "/api/v1/tags")).Json["items"]!.AsArray();
        ((string)tags[0]!["name"]!, (long)tags[0]!["links"]!).ShouldBe(("new", 3));
        ((string)tags[1]!["name"]!, (long)tags[1]!["links"]!).ShouldBe(("spring", 2));

        async Task<string[]> TagsAsync(string id) => [.. (await client.GetAsync(id)).Json["tags"]!.AsArray().Select(tag => (string)tag!)];
        async Task<(int Changed, string Outcomes)> ChangeAsync(object body)
        {
            var answer = await client.ChangeAllAsync(body);
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
            return ((int)answer.Json["changed"]!, string.Join(", ", answer.Json["results"]!.AsArray().Select(result => (string)result!["outcome"]!)));
        }
    }

    [Theory]
    [InlineData("""{"archived":true}""", "ids")]
    [InlineData("""{"ids":[],"archived":true}""", "ids")]
    [InlineData("""{"ids":["01890a5d-ac96-774b-bcce-b302099a8057"]}""", "archived")]
    [InlineData("""{"ids":["01890a5d-ac96-774b-bcce-b302099a8057"],"addTags":["ok"," "]}""", "addTags[1]")]
    [InlineData("""{"ids":["01890a5d-ac96-774b-bcce-b302099a8057"],"removeTags":["a\u0000b"]}""", "removeTags[0]")]
    public async Task A_bad_change_of_many_links_names_its_field(string body, string field)
    {
        using var client = _links.ClientOf();
        (await client.ChangeAllAsync(body)).ShouldRefuse(field);
    }

    [Fact]
    public async Task At_most_200_links_are_changed_at_once()
    {
        using var client = _links.ClientOf();
        (await client.ChangeAllAsync(new { ids = Enumerable.Range(0, 201).Select(_ => Guid.NewGuid()), archived = true })).ShouldRefuse("ids");
    }

    [Fact]
    public async Task The_list_is_filtered_by_creator_and_date_and_counted()
    {
        var workspace = Guid.CreateVersion7();
        var (ann, ben) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        using var one = _links.ClientOf(workspace, ann);
        using var two = _links.ClientOf(workspace, ben);
        for (var i = 0; i < 3; i++)
        {
            await one.CreatedAsync(new { url = $"https://example.com/{i}", tags = new[] { "x" } });
        }

        var late = await two.CreatedAsync();
        var at = Uri.EscapeDataString((string)late["createdAt"]!);
        (await one.ListAllAsync($"createdBy={ann}&limit=2")).Count.ShouldBe(3);
        (await one.ListAllAsync($"createdBy={ben}")).ShouldHaveSingleItem();
        (await one.ListAllAsync($"createdFrom={at}")).ShouldHaveSingleItem();
        (await one.ListAllAsync($"createdTo={at}")).Count.ShouldBe(3);

        var page = (await one.ListAsync("?limit=2&count=true&tag=X")).Json;
        ((long)page["total"]!).ShouldBe(3);
        var next = (await one.ListAsync($"?limit=2&count=true&tag=X&cursor={page["nextCursor"]}")).Json;
        ((long)next["total"]!).ShouldBe(3, "of all pages, not of those that follow");
        (await one.ListAsync("?limit=2")).Json.ContainsKey("total").ShouldBeFalse();

        (await one.ListAsync($"?createdFrom={at}&createdTo={at}")).ShouldRefuse("createdTo");
        (await one.ListAsync("?createdBy=me")).ShouldRefuse("createdBy");
        (await one.ListAsync("?createdFrom=yesterday")).ShouldRefuse("createdFrom");
        (await one.ListAsync("?count=maybe")).ShouldRefuse("count");
    }

    [Fact]
    public async Task Tags_are_read_from_an_index()
    {
        await using var connection = await _links.Database.OpenConnectionAsync();
        await connection.ExecuteAsync("set enable_seqscan = off");
        var plan = string.Join('\n', await connection.QueryAsync<string>(
            "explain select tags from links where workspace_id = @id and tags <> '{}' and deleted_at is null order by created_at desc limit 10000", new { id = Guid.NewGuid() }));
        plan.ShouldContain("links_tagged");
        plan.ShouldNotContain("Sort");
    }
}
