using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LinkShort.Contracts;

namespace LinkShort.Links.Tests;

/// <summary>Renaming a link without breaking its printed codes.</summary>
public sealed class AliasTests(LinksFixture fixture)
{
    private readonly LinksService _links = fixture.Links;

    [Fact]
    public async Task A_renamed_link_keeps_its_previous_codes_latest_first()
    {
        using var client = _links.ClientOf();
        var (a, b, c) = Codes();
        var link = await client.CreatedAsync(new { url = "https://example.com/", code = a });
        var id = Guid.Parse((string)link["id"]!);
        var renamed = await client.ChangeAsync(id, new { code = b });
        renamed.Status.ShouldBe(HttpStatusCode.OK, renamed.Text);
        renamed.Header("ETag").ShouldBe("\"v2\"");
        ShouldHave(renamed.Json, b, a);
        ((string)renamed.Json["shortUrl"]!).ShouldEndWith($"/{b}");
        ShouldHave((await client.ChangeAsync(id, new { code = c })).Json, c, b, a);
        ShouldHave((await client.GetAsync(id)).Json, c, b, a);
        ShouldHave((await client.ListAllAsync("")).Single(), c, b, a);
        // The same code again is not a change.
        (await client.ChangeAsync(id, new { code = c })).Header("ETag").ShouldBe("\"v3\"");

        foreach (var code in new[] { a, b, c })
        {
            var route = await RouteAsync(code);
            route.ShouldNotBeNull(code);
            (route.LinkId, route.Code, route.Version).ShouldBe((id, c, 3));
            route.Aliases.ShouldBe([b, a]);
        }

        await fixture.Events.WaitForAsync(id, 3);
        fixture.Events.ChangesOf(id).OrderBy(change => change.Version).Select(change => string.Join(' ', [change.Code, .. change.Aliases ?? []]))
            .ShouldBe([a, $"{b} {a}", $"{c} {b} {a}"]);
    }

    [Fact]
    public async Task A_previous_code_can_be_used_again_by_its_link()
    {
        using var client = _links.ClientOf();
        var (a, b, c) = Codes();
        var id = (await client.CreatedAsync(new { url = "https://example.com/", code = a }))["id"]!;
        await client.ChangeAsync(id, new { code = b });
        await client.ChangeAsync(id, new { code = c });
        ShouldHave((await client.ChangeAsync(id, new { code = a })).Json, a, c, b);
        foreach (var code in new[] { a, b, c })
        {
            (await RouteAsync(code))!.Code.ShouldBe(a);
        }
    }

    [Fact]
    public async Task A_code_or_alias_of_another_link_is_taken()
    {
        using var client = _links.ClientOf();
        using var other = _links.ClientOf();
        var (a, b, c) = Codes();
        var link = await client.CreatedAsync(new { url = "https://example.com/", code = a });
        await client.ChangeAsync(link["id"]!, new { code = b });
        var theirs = (await other.CreatedAsync(new { url = "https://example.com/2", code = c }))["id"]!;
        foreach (var code in new[] { a, b })
        {
            foreach (var workspace in new[] { client, other })
            {
                (await workspace.CreateAsync(new { url = "https://example.com/3", code })).ShouldBeProblem(HttpStatusCode.Conflict, "code-taken");
            }

            (await other.ChangeAsync(theirs, new { code, title = "not this either" })).ShouldBeProblem(HttpStatusCode.Conflict, "code-taken");
        }

        var after = await other.GetAsync(theirs);
        after.Header("ETag").ShouldBe("\"v1\"");
        after.Json["title"].ShouldBeNull();
        ShouldHave(after.Json, c);
        ShouldHave((await client.GetAsync(link["id"]!)).Json, b, a);
    }

    [Fact]
    public async Task Aliases_are_removed_by_listing_those_to_keep()
    {
        using var client = _links.ClientOf();
        var (a, b, c) = Codes();
        var id = (await client.CreatedAsync(new { url = "https://example.com/", code = a }))["id"]!;
        await client.ChangeAsync(id, new { code = b });
        await client.ChangeAsync(id, new { code = c });
        (await client.ChangeAsync(id, new { aliases = new[] { a, "never" } })).ShouldRefuse("aliases[1]");
        (await client.ChangeAsync(id, new { aliases = new[] { c } })).ShouldRefuse("aliases[0]");
        (await client.ChangeAsync(id, new { aliases = new[] { a, b } })).Header("ETag").ShouldBe("\"v3\"");

        ShouldHave((await client.ChangeAsync(id, new { aliases = new[] { a } })).Json, c, a);
        (await RouteAsync(b)).ShouldBeNull();
        (await RouteAsync(a)).ShouldNotBeNull();
        using var other = _links.ClientOf();
        await other.CreatedAsync(new { url = "https://example.com/free", code = b });
        (await client.ChangeAsync(id, new { code = b })).ShouldBeProblem(HttpStatusCode.Conflict, "code-taken");

        ShouldHave((await client.ChangeAsync(id, """{"aliases":null}""")).Json, c);
        (await RouteAsync(a)).ShouldBeNull();
        // A rename without keeping the previous code.
        ShouldHave((await client.ChangeAsync(id, new { code = a, aliases = Array.Empty<string>() })).Json, a);
        (await RouteAsync(c)).ShouldBeNull();
        await other.CreatedAsync(new { url = "https://example.com/free", code = c });
    }

    [Fact]
    public async Task A_permanently_deleted_link_frees_its_code_and_its_aliases()
    {
        using var client = _links.ClientOf();
        using var other = _links.ClientOf();
        var (a, b, _) = Codes();
        var id = (await client.CreatedAsync(new { url = "https://example.com/", code = a }))["id"]!;
        await client.ChangeAsync(id, new { code = b });
        (await client.DeletePermanentlyAsync(id)).Status.ShouldBe(HttpStatusCode.NoContent);
        (await RouteAsync(a)).ShouldBeNull();
        (await RouteAsync(b)).ShouldBeNull();
        await other.CreatedAsync(new { url = "https://example.com/", code = a });
        await other.CreatedAsync(new { url = "https://example.com/", code = b });
    }

    [Fact]
    public async Task An_archived_link_keeps_its_aliases()
    {
        using var client = _links.ClientOf();
        var (a, b, _) = Codes();
        var id = (await client.CreatedAsync(new { url = "https://example.com/", code = a }))["id"]!;
        await client.ChangeAsync(id, new { code = b });
        ShouldHave((await client.ArchiveAsync(id)).Json, b, a);
        (await RouteAsync(a))!.Archived.ShouldBeTrue();
        (await client.CreateAsync(new { url = "https://example.com/", code = a })).ShouldBeProblem(HttpStatusCode.Conflict, "code-taken");
    }

    [Fact]
    public async Task Search_finds_a_link_by_its_previous_code()
    {
        using var client = _links.ClientOf();
        var (a, b, _) = Codes();
        var id = (await client.CreatedAsync(new { url = "https://example.com/", code = $"Früher-{a}" }))["id"]!;
        await client.ChangeAsync(id, new { code = b });
        ((string)(await client.ListAllAsync($"search={Uri.EscapeDataString("FRÜHER-")}{a}")).Single()["id"]!).ShouldBe((string)id!);
        ((string)(await client.ListAllAsync($"search={b}")).Single()["id"]!).ShouldBe((string)id!);
        await client.ChangeAsync(id, """{"aliases":[]}""");
        (await client.ListAllAsync($"search={a}")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Exactly_one_of_several_concurrent_renames_gets_a_code()
    {
        using var client = _links.ClientOf();
        for (var round = 0; round < 5; round++)
        {
            var wanted = $"wanted-{Guid.NewGuid():N}";
            var ids = new List<JsonNode>();
            for (var i = 0; i < 6; i++)
            {
                ids.Add((await client.CreatedAsync())["id"]!);
            }

            var answers = await Task.WhenAll(ids.Select(id => client.ChangeAsync(id, new { code = wanted }))
                .Concat(Enumerable.Range(0, 4).Select(_ => client.CreateAsync(new { url = "https://example.com/new", code = wanted }))));
            answers.Count(answer => answer.Status is HttpStatusCode.OK or HttpStatusCode.Created).ShouldBe(1);
            foreach (var lost in answers.Where(answer => answer.Status is not (HttpStatusCode.OK or HttpStatusCode.Created)))
            {
                lost.ShouldBeProblem(HttpStatusCode.Conflict, "code-taken");
            }

            var winner = answers.Single(answer => answer.Status is HttpStatusCode.OK or HttpStatusCode.Created).Json;
            (await RouteAsync(wanted))!.LinkId.ShouldBe(Guid.Parse((string)winner["id"]!));
        }
    }

    [Fact]
    public async Task Links_that_swap_codes_never_deadlock_and_no_code_has_two_links()
    {
        using var client = _links.ClientOf();
        var codes = Enumerable.Range(0, 3).Select(i => $"circle-{i}-{Guid.NewGuid():N}").ToArray();
        var ids = new List<Guid>();
        foreach (var code in codes)
        {
            ids.Add(Guid.Parse((string)(await client.CreatedAsync(new { url = "https://example.com/", code }))["id"]!));
        }

        for (var round = 0; round < 15; round++)
        {
            // Each takes its neighbour's code and releases its own, concurrently.
            var answers = await Task.WhenAll(ids.Select((id, i) => client.ChangeAsync(id, new { code = codes[(i + round + 1) % 3], aliases = Array.Empty<string>() })));
            answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK || answer.Status == HttpStatusCode.Conflict);
        }

        var now = new List<string>();
        foreach (var id in ids)
        {
            var link = (await client.GetAsync(id)).Json;
            now.Add((string)link["code"]!);
            (await RouteAsync((string)link["code"]!))!.LinkId.ShouldBe(id);
        }

        now.Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public async Task Parallel_renames_of_one_link_all_stay_as_aliases()
    {
        using var client = _links.ClientOf();
        var id = Guid.Parse((string)(await client.CreatedAsync())["id"]!);
        var names = Enumerable.Range(0, 8).Select(i => $"p{i}-{Guid.NewGuid():N}").ToArray();
        var answers = await Task.WhenAll(names.Select(code => client.ChangeAsync(id, new { code })));
        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        var link = (await client.GetAsync(id)).Json;
        link["aliases"]!.AsArray().Count.ShouldBe(8);
        ((long)link["version"]!).ShouldBe(9);
        foreach (var name in names)
        {
            (await RouteAsync(name))!.LinkId.ShouldBe(id);
        }
    }

    [Fact]
    public async Task A_link_has_at_most_50_aliases()
    {
        using var client = _links.ClientOf();
        var tag = Guid.NewGuid().ToString("N");
        var id = (await client.CreatedAsync(new { url = "https://example.com/", code = $"0-{tag}" }))["id"]!;
        for (var i = 1; i <= 50; i++)
        {
            (await client.ChangeAsync(id, new { code = $"{i}-{tag}" })).Status.ShouldBe(HttpStatusCode.OK);
        }

        (await client.ChangeAsync(id, new { code = $"51-{tag}" })).ShouldRefuse("code");
        (await client.ChangeAsync(id, new { code = $"50-{tag}", title = "x" })).Status.ShouldBe(HttpStatusCode.OK);
        // Reusing an alias adds none.
        (await client.ChangeAsync(id, new { code = $"7-{tag}" })).Json["aliases"]!.AsArray().Count.ShouldBe(50);
        (await client.ChangeAsync(id, new { code = $"51-{tag}", aliases = new[] { $"0-{tag}" } })).Json["aliases"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Another_workspace_can_not_rename_a_link_or_take_its_aliases()
    {
        using var owner = _links.ClientOf();
        using var other = _links.ClientOf();
        var (a, b, c) = Codes();
        var id = (await owner.CreatedAsync(new { url = "https://example.com/", code = a, password = "secret", maxClicks = 5 }))["id"]!;
        await owner.ChangeAsync(id, new { code = b });
        foreach (var body in new object[]
        {
            new { code = c }, new { aliases = Array.Empty<string>() }, """{"password":null}""", new { maxClicks = 9 }, """{"rules":[]}""",
            new { expiredUrl = "https://example.com/mine" }, new { code = "not a code" },
        })
        {
            (await other.ChangeAsync(id, body)).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
        }

        (await other.ListAllAsync($"search={a}")).ShouldBeEmpty();
        var link = await owner.GetAsync(id);
        link.Header("ETag").ShouldBe("\"v2\"");
        ShouldHave(link.Json, b, a);
        ((bool)link.Json["hasPassword"]!).ShouldBeTrue();
    }

    [Theory]
    [InlineData("Straße")]
    [InlineData("🚀👩‍👩‍👧‍👦")]
    [InlineData("docs/anfänger/1")]
    [InlineData("日本語")]
    public async Task Unusual_codes_become_aliases_too(string text)
    {
        using var client = _links.ClientOf();
        var odd = $"{text}-{Guid.NewGuid():N}";
        var (a, _, _) = Codes();
        var id = (await client.CreatedAsync(new { url = "https://example.com/", code = odd.Normalize(System.Text.NormalizationForm.FormD) }))["id"]!;
        ShouldHave((await client.ChangeAsync(id, new { code = a })).Json, a, odd);
        (await RouteAsync(odd.Normalize(System.Text.NormalizationForm.FormD)))!.Code.ShouldBe(a);
        ShouldHave((await client.ChangeAsync(id, new { aliases = new[] { odd.Normalize(System.Text.NormalizationForm.FormD) }, title = "x" })).Json, a, odd);
    }

    private static (string A, string B, string C) Codes() => ($"a-{Guid.NewGuid():N}", $"b-{Guid.NewGuid():N}", $"c-{Guid.NewGuid():N}");

    private static void ShouldHave(JsonObject link, string code, params string[] aliases)
    {
        ((string)link["code"]!).ShouldBe(code);
        link["aliases"]!.AsArray().Select(alias => (string)alias!).ShouldBe(aliases);
    }

    private async Task<LinkSnapshot?> RouteAsync(string code)
    {
        using var redirect = _links.Internal();
        using var answer = await redirect.GetAsync(new Uri($"/internal/routes/by-code?code={Uri.EscapeDataString(code)}", UriKind.Relative));
        return answer.StatusCode == HttpStatusCode.NotFound ? null : await answer.Content.ReadFromJsonAsync<LinkSnapshot>();
    }
}
