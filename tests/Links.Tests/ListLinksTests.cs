using System.Net;
using System.Text.Json.Nodes;
using Dapper;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Links.Tests;

public sealed class ListLinksTests(LinksFixture fixture)
{
    private readonly LinksService _links = fixture.Links;

    [Fact]
    public async Task Links_are_listed_newest_first_50_per_page()
    {
        using var client = _links.ClientOf();
        var created = new List<string>();
        for (var i = 0; i < 53; i++)
        {
            created.Add((string)(await client.CreatedAsync(new { url = $"https://example.com/{i}" }))["id"]!);
        }

        var first = (await client.ListAsync()).Json;
        Ids(first["items"]!.AsArray()).ShouldBe(created.AsEnumerable().Reverse().Take(50));
        var second = (await client.ListAsync($"?cursor={first["nextCursor"]}")).Json;
        Ids(second["items"]!.AsArray()).ShouldBe(created.AsEnumerable().Reverse().Skip(50));
        second["nextCursor"].ShouldBeNull();
        (await client.ListAsync("?limit=53")).Json["nextCursor"].ShouldBeNull();
        (await client.ListAsync("?limit=200")).Json["items"]!.AsArray().Count.ShouldBe(53);
        Ids((await client.ListAllAsync("order=asc&limit=7"))).ShouldBe(created);
    }

    [Fact]
    public async Task An_empty_workspace_has_an_empty_list()
    {
        using var client = _links.ClientOf();
        (await client.ListAsync()).Text.ShouldBe("""{"items":[],"nextCursor":null}""");
    }

    [Fact]
    public async Task Paging_neither_skips_nor_repeats_while_links_are_added_and_removed()
    {
        using var client = _links.ClientOf();
        var created = new List<string>();
        for (var i = 0; i < 25; i++)
        {
            created.Add((string)(await client.CreatedAsync())["id"]!);
        }

        var seen = Ids(await client.ListAllAsync("limit=4", async page =>
        {
            await client.CreatedAsync();
            // The cursor refers to the last row of the first page.
            if (page == 0)
            {
                await client.DeleteAsync(created[21]);
            }
        }));
        seen.ShouldBe(created.AsEnumerable().Reverse());
    }

    [Theory]
    [InlineData("sort=created", "created_at")]
    [InlineData("sort=created&order=asc", "created_at")]
    [InlineData("sort=clicks", "clicks")]
    [InlineData("sort=clicks&order=asc", "clicks")]
    [InlineData("sort=title", "title")]
    [InlineData("sort=title&order=desc", "title")]
    public async Task Every_order_is_complete_over_ties(string query, string column)
    {
        using var client = _links.ClientOf();
        await InsertAsync(client.Workspace, 60);
        var all = Ids((await client.ListAllAsync("limit=200&" + query)));
        all.Distinct().Count().ShouldBe(60);
        foreach (var limit in new[] { 1, 7, 59, 60 })
        {
            Ids((await client.ListAllAsync($"limit={limit}&{query}"))).ShouldBe(all, $"{column}, {limit} a page");
        }

        var opposite = query.Contains("order=asc", StringComparison.Ordinal) ? query.Replace("asc", "desc", StringComparison.Ordinal)
            : query.Contains("order=desc", StringComparison.Ordinal) ? query.Replace("desc", "asc", StringComparison.Ordinal)
            : query + (column == "title" ? "&order=desc" : "&order=asc");
        Ids((await client.ListAllAsync("limit=9&" + opposite))).ShouldBe(all.Reverse());
    }

    [Fact]
    public async Task Titles_are_sorted_linguistically_and_clicks_numerically()
    {
        using var client = _links.ClientOf();
        foreach (var title in new[] { "zebra", "Banana", "äpfel", "apple", "Ähre" })
        {
            await client.CreatedAsync(new { url = "https://example.com/", title });
        }

        (await client.ListAllAsync("sort=title&limit=2")).Select(link => (string)link["title"]!).ShouldBe(["Ähre", "äpfel", "apple", "Banana", "zebra"]);
        await using var connection = await _links.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "update links set clicks = case title when 'zebra' then 9 when 'apple' then 10 else 0 end where workspace_id = @Workspace", new { client.Workspace });
        (await client.ListAllAsync("sort=clicks&limit=1")).Take(2).Select(link => (string)link["title"]!).ShouldBe(["apple", "zebra"]);
    }

    [Fact]
    public async Task The_longest_titles_can_be_paged_through()
    {
        using var client = _links.ClientOf();
        foreach (var character in new[] { "日", "ü", "🚀" })
        {
            var title = string.Concat(Enumerable.Repeat(character, 255));
            await client.CreatedAsync(new { url = "https://example.com/", title });
            await client.CreatedAsync(new { url = "https://example.com/", title });
        }

        (await client.ListAllAsync("sort=title&limit=1")).Count.ShouldBe(6);
    }

    [Fact]
    public async Task Search_finds_parts_of_code_URL_and_title_ignoring_case()
    {
        using var client = _links.ClientOf();
        var marker = Guid.NewGuid().ToString("N")[..8];
        var code = (string)(await client.CreatedAsync(new { url = "https://example.com/1", code = $"Needle-{marker}" }))["id"]!;
        var url = (string)(await client.CreatedAsync(new { url = "https://example.com/needle?q=50%25_x" }))["id"]!;
        var title = (string)(await client.CreatedAsync(new { url = "https://example.com/3", title = "Grüße aus dem NEEDLE-Werk", notes = "haystack" }))["id"]!;
        await client.CreatedAsync(new { url = "https://example.com/5050x" });

        Ids((await client.ListAllAsync("search=nEEdle"))).ShouldBe([title, url, code]);
        Ids((await client.ListAllAsync("search=" + Uri.EscapeDataString("GRÜSSE")))).ShouldBeEmpty();
        Ids((await client.ListAllAsync("search=" + Uri.EscapeDataString("GRÜ")))).ShouldBe([title]);
        Ids((await client.ListAllAsync("search=" + Uri.EscapeDataString("gru\u0308")))).ShouldBe([title]);
        Ids((await client.ListAllAsync("search=" + marker))).ShouldBe([code]);
        // Wildcards are taken literally.
        Ids((await client.ListAllAsync("search=" + Uri.EscapeDataString("50%25_x")))).ShouldBe([url]);
        Ids((await client.ListAllAsync("search=" + Uri.EscapeDataString("5_5")))).ShouldBeEmpty();
        Ids((await client.ListAllAsync("search=" + Uri.EscapeDataString("\\")))).ShouldBeEmpty();
        Ids((await client.ListAllAsync("search=" + Uri.EscapeDataString("' or 1=1 --")))).ShouldBeEmpty();
        Ids((await client.ListAllAsync("search=haystack"))).ShouldBeEmpty();
        (await client.ListAllAsync("search=&status=&tag=&sort=&order=&domain=&limit=2")).Count.ShouldBe(4);
        (await client.ListAsync("?cursor=")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_search_can_use_the_index_and_its_result_is_the_same()
    {
        using var client = _links.ClientOf();
        await InsertAsync(client.Workspace, 2_000);
        var wanted = (string)(await client.CreatedAsync(new { url = "https://example.com/", title = "unmistakable" }))["id"]!;
        Ids((await client.ListAllAsync("search=MISTAKABLE"))).ShouldBe([wanted]);
        await using var connection = await _links.Database.OpenConnectionAsync();
        // On a table of a test's size the planner may prefer a scan; the question is whether it can use the index.
        // GIN collects new rows in a pending list; vacuum moves them to where they are in production.
        await connection.ExecuteAsync("vacuum analyze links");
        await connection.ExecuteAsync("set enable_seqscan = off; set enable_indexscan = off");
        var plan = string.Join('\n', await connection.QueryAsync<string>(
            """
            explain select id from links where workspace_id = @Workspace
              and ((code || E'\n' || aliases || E'\n' || url || E'\n' || coalesce(title, '')) collate "und-x-icu") ilike '%unmistakable%'
            """, new { client.Workspace }));
        plan.ShouldContain("links_search");
    }

    [Fact]
    public async Task Status_filters_links_by_what_visitors_get()
    {
        using var client = _links.ClientOf();
        var active = (string)(await client.CreatedAsync(new { url = "https://example.com/", activeFrom = "2020-01-01T00:00:00Z", expiresAt = "2100-01-01T00:00:00Z" }))["id"]!;
        var scheduled = (string)(await client.CreatedAsync(new { url = "https://example.com/", activeFrom = "2100-01-01T00:00:00Z" }))["id"]!;
        var expired = (string)(await client.CreatedAsync())["id"]!;
        await client.ChangeAsync(expired, new { expiresAt = "2026-01-01T00:00:00Z" });
        var archived = (string)(await client.CreatedAsync())["id"]!;
        await client.ArchiveAsync(archived);

        Ids((await client.ListAllAsync("status=active"))).ShouldBe([active]);
        Ids((await client.ListAllAsync("status=scheduled"))).ShouldBe([scheduled]);
        Ids((await client.ListAllAsync("status=expired"))).ShouldBe([expired]);
        Ids((await client.ListAllAsync("status=archived"))).ShouldBe([archived]);
        Ids((await client.ListAllAsync(""))).ShouldBe([expired, scheduled, active]);
        Ids((await client.ListAllAsync("status=all&limit=1"))).ShouldBe([archived, expired, scheduled, active]);
    }

    [Fact]
    public async Task Tags_and_domain_filter()
    {
        using var client = _links.ClientOf();
        var both = (string)(await client.CreatedAsync(new { url = "https://example.com/", tags = new[] { "spring", "a&b" } }))["id"]!;
        var one = (string)(await client.CreatedAsync(new { url = "https://example.com/", tags = new[] { "spring" } }))["id"]!;
        await client.CreatedAsync();
        Ids((await client.ListAllAsync("tag=spring&limit=1"))).ShouldBe([one, both]);
        Ids((await client.ListAllAsync("tag=a%26b"))).ShouldBe([both]);
        (await client.ListAllAsync("tag=sprin")).ShouldBeEmpty();
        (await client.ListAllAsync("domain=localhost:8080")).Count.ShouldBe(3);
        (await client.ListAsync("?domain=other.example")).ShouldRefuse("domain");
    }

    [Fact]
    public async Task A_cursor_belongs_to_its_order()
    {
        using var client = _links.ClientOf();
        await InsertAsync(client.Workspace, 3);
        var cursor = (string)(await client.ListAsync("?limit=1")).Json["nextCursor"]!;
        (await client.ListAsync($"?limit=1&cursor={cursor}&sort=title")).ShouldRefuse("cursor");
        (await client.ListAsync($"?limit=1&cursor={cursor}&order=asc")).ShouldRefuse("cursor");
        (await client.ListAsync($"?limit=1&cursor={cursor}&sort=created&order=desc")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_forged_cursor_is_refused_or_harmless()
    {
        using var client = _links.ClientOf();
        using var victim = _links.ClientOf();
        var theirs = await victim.CreatedAsync();
        foreach (var forged in new object[]
        {
            new { By = "title", Id = Guid.Empty, Title = "a\0b" },
            new { By = "title", Id = Guid.Empty },
            new { By = "-created", Id = Guid.Empty, Title = "x" },
            new { By = "-created; drop table links", Id = Guid.Empty, Title = "x" },
            new { By = "-created", Id = "x" },
            new { By = (string?)null, Id = Guid.Empty },
            new { },
            "text",
            1,
        })
        {
            (await client.ListAsync($"?sort=title&cursor={Paging.Encode(forged)}")).ShouldRefuse("cursor");
        }

        // A plausible one shows only the caller's own links.
        var other = Paging.Encode(new { By = "created", Id = Guid.Empty, At = DateTimeOffset.MinValue });
        var answer = await client.ListAsync($"?order=asc&cursor={other}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
        answer.Text.ShouldNotContain((string)theirs["id"]!);
    }

    /// <summary>Links with few distinct times, titles and counts, so that most of them tie.</summary>
    private async Task InsertAsync(Guid workspace, int count)
    {
        await using var connection = await _links.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            insert into links (id, workspace_id, domain, code, url, title, redirect_type, clicks, version, created_by, created_at, updated_at)
            select gen_random_uuid(), @workspace, '', 'x' || md5(@workspace::text || i), 'https://example.com/' || i,
                   case i % 4 when 0 then null when 1 then 'same' when 2 then 'Same' else 'título' end, 302, i % 3, 1, gen_random_uuid(),
                   timestamptz '2026-01-01' + make_interval(secs => (i % 5) * 0.000001), now()
            from generate_series(1, @count) as i
            """,
            new { workspace, count });
    }

    private static string[] Ids(IEnumerable<JsonNode?> links) => [.. links.Select(link => (string)link!["id"]!)];
}
