using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using LinkShort.Contracts;

namespace LinkShort.Links.Tests;

/// <summary><c>ShortDomain__CaseInsensitiveCodes</c>.</summary>
public sealed class CaseInsensitiveCodeTests(LinksFixture fixture)
{
    private static readonly Dictionary<string, string?> Insensitive = new() { ["ShortDomain:CaseInsensitiveCodes"] = "true" };

    [Theory]
    [InlineData("launch", "launch")]
    [InlineData("LAUNCH-2026_v1.0~x", "launch-2026_v1.0~x")]
    [InlineData("MÜNCHEN", "münchen")]
    [InlineData("mu\u0308NCHEN", "münchen")]
    [InlineData("ΟΔΟΣ", "οδοσ")]
    [InlineData("οδος", "οδοσ")]
    [InlineData("ЖУК", "жук")]
    [InlineData("Straße", "straße")]
    [InlineData("STRASSE", "strasse")]
    [InlineData("ẞ", "ß")]
    [InlineData("ıi", "ıi")]
    [InlineData("𐐀", "𐐨")]
    [InlineData("日本語🚀", "日本語🚀")]
    public void Folding_unifies_spellings(string code, string folded) => CodeFolding.Fold(code).ShouldBe(folded);

    [Fact]
    public void Folding_is_idempotent_for_every_character()
    {
        var wrong = new List<string>();
        for (var value = 1; value < 0x110000; value++)
        {
            // Unassigned characters and those without case make up most of Unicode.
            if (!Rune.IsValid(value) || Rune.GetUnicodeCategory(new Rune(value)) is UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse or UnicodeCategory.OtherLetter)
            {
                continue;
            }

            foreach (var code in new[] { new Rune(value).ToString(), $"α{new Rune(value)}".Normalize() })
            {
                var once = CodeFolding.Fold(code);
                if (CodeFolding.Fold(once) != once || !once.IsNormalized()
                    || CodeFolding.Fold(code.ToUpperInvariant()) != once || CodeFolding.Fold(code.ToLowerInvariant()) != once)
                {
                    wrong.Add($"U+{value:X4}");
                }
            }
        }

        wrong.ShouldBeEmpty();
        foreach (var none in new[] { "A\uD83D", "\uDE80A", "Ü\uFFFE" })
        {
            CodeFolding.Fold(none).ShouldBe(none);
        }

        var already = "already-folded/ü";
        CodeFolding.Fold(already).ShouldBeSameAs(already);
    }

    [Fact]
    public async Task By_default_codes_are_case_sensitive()
    {
        using var client = fixture.Links.ClientOf();
        var tag = Guid.NewGuid().ToString("N");
        var upper = await client.CreatedAsync(new { url = "https://example.com/1", code = $"Ü-{tag}" });
        var lower = await client.CreatedAsync(new { url = "https://example.com/2", code = $"ü-{tag}" });
        (await RouteAsync(fixture.Links, $"Ü-{tag}"))!.LinkId.ToString().ShouldBe((string)upper["id"]!);
        (await RouteAsync(fixture.Links, $"ü-{tag}"))!.LinkId.ToString().ShouldBe((string)lower["id"]!);
    }

    [Fact]
    public async Task With_the_setting_spellings_are_one_code_and_the_original_is_shown()
    {
        await using var links = await fixture.StartAsync(Insensitive);
        using var client = links.ClientOf();
        using var other = links.ClientOf();
        var link = await client.CreatedAsync(new { url = "https://example.com/", code = "Große-Launch" });
        ((string)link["code"]!).ShouldBe("Große-Launch");
        ((string)link["shortUrl"]!).ShouldEndWith("/" + Uri.EscapeDataString("Große-Launch"));
        foreach (var spelling in new[] { "Große-Launch", "große-launch", "GROßE-LAUNCH" })
        {
            (await RouteAsync(links, spelling))!.Code.ShouldBe("Große-Launch");
            (await other.CreateAsync(new { url = "https://example.com/", code = spelling })).ShouldBeProblem(HttpStatusCode.Conflict, "code-taken");
        }

        // Another spelling of the same code adds no alias.
        var respelled = await client.ChangeAsync(link["id"]!, new { code = "GROßE-launch" });
        respelled.Header("ETag").ShouldBe("\"v2\"");
        respelled.Json["aliases"]!.AsArray().ShouldBeEmpty();
        (await RouteAsync(links, "große-launch"))!.Code.ShouldBe("GROßE-launch");

        await client.ChangeAsync(link["id"]!, new { code = "next" });
        (await RouteAsync(links, "große-launch"))!.Code.ShouldBe("next");
        // An alias becomes the code again, in another spelling.
        var back = (await client.ChangeAsync(link["id"]!, new { code = "große-LAUNCH" })).Json;
        back["aliases"]!.AsArray().Select(alias => (string)alias!).ShouldBe(["next"]);
        (await RouteAsync(links, "NEXT"))!.Code.ShouldBe("große-LAUNCH");
    }

    [Fact]
    public async Task Switching_recomputes_the_keys_in_both_directions()
    {
        var settings = await fixture.Servers.SettingsAsync("linksdb", fixture.Identity);
        var workspace = Guid.CreateVersion7();
        await using (var links = LinksService.Start(new(settings), fixture.Identity))
        {
            using var client = links.ClientOf(workspace);
            var id = (await client.CreatedAsync(new { url = "https://example.com/", code = "Alpha" }))["id"]!;
            await client.ChangeAsync(id, new { code = "Beta" });
            // An alias that differs from the code only by case is not a conflict: both lead to one link.
            await client.ChangeAsync(id, new { code = "BETA" });
            await client.CreatedAsync(new { url = "https://example.com/", code = "gamma" });
            (await RouteAsync(links, "alpha")).ShouldBeNull();
        }

        await using (var links = LinksService.Start(new(settings), fixture.Identity, Insensitive))
        {
            foreach (var code in new[] { "alpha", "ALPHA", "beta", "Beta" })
            {
                (await RouteAsync(links, code))!.Code.ShouldBe("BETA");
            }

            (await RouteAsync(links, "GAMMA"))!.Code.ShouldBe("gamma");
            using var client = links.ClientOf(workspace);
            (await client.CreateAsync(new { url = "https://example.com/", code = "aLPHA" })).ShouldBeProblem(HttpStatusCode.Conflict, "code-taken");
            // Its spellings are one code, so removing the alias doesn't release it.
            var link = (await client.ListAllAsync("search=BETA")).Single();
            (await client.ChangeAsync(link["id"]!, new { aliases = new[] { "Alpha" } })).Status.ShouldBe(HttpStatusCode.OK);
            (await RouteAsync(links, "beta"))!.Code.ShouldBe("BETA");
        }

        await using (var links = LinksService.Start(new(settings), fixture.Identity))
        {
            (await RouteAsync(links, "BETA")).ShouldNotBeNull();
            (await RouteAsync(links, "Alpha")).ShouldNotBeNull();
            (await RouteAsync(links, "alpha")).ShouldBeNull();
            (await RouteAsync(links, "beta")).ShouldBeNull();
            using var client = links.ClientOf(workspace);
            await client.CreatedAsync(new { url = "https://example.com/", code = "GAMMA" });
            (await RouteAsync(links, "gamma"))!.Code.ShouldBe("gamma");
        }
    }

    [Fact]
    public async Task Codes_that_would_become_equal_stop_the_start_are_listed_and_kept()
    {
        var settings = await fixture.Servers.SettingsAsync("linksdb", fixture.Identity);
        var workspace = Guid.CreateVersion7();
        await using (var links = LinksService.Start(new(settings), fixture.Identity))
        {
            using var client = links.ClientOf(workspace);
            await client.CreatedAsync(new { url = "https://example.com/", code = "Launch" });
            await client.CreatedAsync(new { url = "https://example.com/", code = "launch" });
            await client.CreatedAsync(new { url = "https://example.com/", code = "peace" });
            var id = (await client.CreatedAsync(new { url = "https://example.com/", code = "WAR" }))["id"]!;
            await client.ChangeAsync(id, new { code = "PEACE/and" });
            using var other = links.ClientOf();
            await other.CreatedAsync(new { url = "https://example.com/", code = "war" });
        }

        var exception = Should.Throw<Exception>(() => LinksService.Start(new(settings), fixture.Identity, Insensitive));
        exception.ToString().ShouldContain("ShortDomain__CaseInsensitiveCodes");
        exception.ToString().ShouldContain("Launch = launch; WAR = war");
        exception.ToString().ShouldNotContain("peace");

        // Nothing was lost; without the conflict the service starts.
        await using (var links = LinksService.Start(new(settings), fixture.Identity))
        {
            using var client = links.ClientOf(workspace);
            var all = await client.ListAllAsync("");
            all.Count.ShouldBe(4);
            await client.DeletePermanentlyAsync(all.Single(link => (string)link["code"]! == "launch")["id"]!);
            await client.ChangeAsync(all.Single(link => (string)link["code"]! == "PEACE/and")["id"]!, """{"aliases":[]}""");
        }

        await using (var links = LinksService.Start(new(settings), fixture.Identity, Insensitive))
        {
            (await RouteAsync(links, "LAUNCH"))!.Code.ShouldBe("Launch");
        }
    }

    [Fact]
    public async Task Two_replicas_switch_concurrently()
    {
        var settings = await fixture.Servers.SettingsAsync("linksdb", fixture.Identity);
        await using (var links = LinksService.Start(new(settings), fixture.Identity))
        {
            using var client = links.ClientOf();
            for (var i = 0; i < 20; i++)
            {
                await client.CreatedAsync(new { url = "https://example.com/", code = $"Code-{i}" });
            }
        }

        var replicas = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => LinksService.Start(new(settings), fixture.Identity, Insensitive))));
        try
        {
            (await RouteAsync(replicas[0], "CODE-7"))!.Code.ShouldBe("Code-7");
            (await RouteAsync(replicas[1], "code-19"))!.Code.ShouldBe("Code-19");
        }
        finally
        {
            foreach (var replica in replicas)
            {
                await replica.DisposeAsync();
            }
        }
    }

    private static async Task<LinkSnapshot?> RouteAsync(LinksService links, string code)
    {
        using var redirect = links.Internal();
        using var answer = await redirect.GetAsync(new Uri($"/internal/routes/by-code?code={Uri.EscapeDataString(code)}", UriKind.Relative));
        return answer.StatusCode == HttpStatusCode.NotFound ? null : await answer.Content.ReadFromJsonAsync<LinkSnapshot>();
    }
}
