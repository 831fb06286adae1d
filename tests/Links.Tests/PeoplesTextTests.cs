using System.Net;
using LinkShort.Contracts;
using LinkShort.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Links.Tests;

/// <summary>Lengths, times, numbers, tags, passwords and codes as people and JSON Schema understand them.</summary>
public sealed class PeoplesTextTests(LinksFixture fixture)
{
    private const string Rocket = "\U0001F680";

    private readonly LinksService _links = fixture.Links;

    public static TheoryData<string, int, string> Limits => new()
    {
        { "title", 255, """{"url":"https://example.com/","title":"@"}""" },
        { "notes", 2000, """{"url":"https://example.com/","notes":"@"}""" },
        { "tags[0]", 50, """{"url":"https://example.com/","tags":["@"]}""" },
        { "password", 128, """{"url":"https://example.com/","password":"@"}""" },
        { "utm.source", 255, """{"url":"https://example.com/","utm":{"source":"@"}}""" },
        { "preview.title", 255, """{"url":"https://example.com/","preview":{"title":"@"}}""" },
        { "preview.description", 500, """{"url":"https://example.com/","preview":{"description":"@"}}""" },
        { "variants[0].name", 50, """{"url":"https://example.com/","variants":[{"weight":1,"name":"@"}]}""" },
        { "rules[0].when.city[0]", 100, """{"url":"https://example.com/","rules":[{"when":{"city":["@"]},"url":"https://example.com/"}]}""" },
        { "rules[0].when.os[0]", 50, """{"url":"https://example.com/","rules":[{"when":{"os":["@"]},"url":"https://example.com/"}]}""" },
        { "rules[0].when.query.name", 100, """{"url":"https://example.com/","rules":[{"when":{"query":{"name":"@"}},"url":"https://example.com/"}]}""" },
        { "rules[0].when.query.values[0]", 255, """{"url":"https://example.com/","rules":[{"when":{"query":{"name":"a","values":["@"]}},"url":"https://example.com/"}]}""" },
        { "url", 2048 - "https://example.com/".Length, """{"url":"https://example.com/@"}""" },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task A_length_counts_characters_and_not_UTF16_units(string field, int limit, string body)
    {
        using var client = _links.ClientOf();
        (await client.CreateAsync(Of(limit))).Status.ShouldBe(HttpStatusCode.Created);
        (await client.CreateAsync(Of(limit + 1))).ShouldRefuse(field);

        string Of(int length) => body.Replace("@", string.Concat(Enumerable.Repeat(Rocket, length)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_counts_characters_too()
    {
        using var client = _links.ClientOf();
        (await client.ListAsync("?search=" + Uri.EscapeDataString(string.Concat(Enumerable.Repeat(Rocket, 200))))).Status.ShouldBe(HttpStatusCode.OK);
        (await client.ListAsync("?search=" + Uri.EscapeDataString(string.Concat(Enumerable.Repeat(Rocket, 201))))).ShouldRefuse("search");
    }

    [Theory]
    [InlineData("2090-06-01T00:00:00Z", "2090-06-01T00:00:00Z")]
    [InlineData("2090-06-01t00:00:00z", "2090-06-01T00:00:00Z")]
    [InlineData("2090-06-01T00:00:00+02:00", "2090-05-31T22:00:00Z")]
    [InlineData("2090-06-01T00:00:00-23:59", "2090-06-01T23:59:00Z")]
    [InlineData("2090-06-01T00:00:00-00:00", "2090-06-01T00:00:00Z")]
    [InlineData("2090-06-01T00:00:00.5Z", "2090-06-01T00:00:00.5Z")]
    [InlineData("2090-06-01T00:00:00.123456789012345Z", "2090-06-01T00:00:00.123456Z")]
    public async Task A_time_is_RFC_3339(string sent, string shown)
    {
        using var client = _links.ClientOf();
        ((string)(await client.CreatedAsync(new { url = "https://example.com/", expiresAt = sent }))["expiresAt"]!).ShouldBe(shown);
    }

    [Theory]
    [InlineData("2090-06-01T00:00:00", "offset")]
    [InlineData("2090-06-01", "offset")]
    [InlineData("2090-06-01T00:00Z", "offset")]
    [InlineData("2090-06-01 00:00:00Z", "offset")]
    [InlineData("2090-06-01T24:00:00Z", "offset")]
    [InlineData("2090-06-01T00:00:00+24:00", "offset")]
    [InlineData("2090-06-01T00:00:00+0200", "offset")]
    [InlineData("2090-06-01T00:00:00.Z", "offset")]
    [InlineData("2090-02-29T00:00:00Z", "offset")]
    [InlineData("2090-06-30T23:59:60Z", "leap second")]
    [InlineData("\u0662090-06-01T00:00:00Z", "offset")]
    public async Task Any_other_time_is_refused_with_the_rule(string sent, string rule)
    {
        using var client = _links.ClientOf();
        var answer = await client.CreateAsync(new { url = "https://example.com/", expiresAt = sent });
        answer.ShouldRefuse("expiresAt");
        answer.Text.ShouldContain(rule);
    }

    [Theory]
    [InlineData("redirectType", "301.0", 301)]
    [InlineData("redirectType", "3.01e2", 301)]
    [InlineData("maxClicks", "1E+2", 100)]
    [InlineData("maxClicks", "1000000000.000", 1_000_000_000)]
    [InlineData("maxClicks", "500e-2", 5)]
    [InlineData("cacheSeconds", "60.0", 60)]
    public async Task A_number_without_a_fraction_is_an_integer_however_it_is_written(string field, string sent, long shown)
    {
        using var client = _links.ClientOf();
        var link = await client.CreateAsync($$"""{"url":"https://example.com/","{{field}}":{{sent}}}""");
        link.Status.ShouldBe(HttpStatusCode.Created, link.Text);
        ((long)link.Json[field]!).ShouldBe(shown);
    }

    [Theory]
    [InlineData("maxClicks", "1.5")]
    [InlineData("maxClicks", "1e-1")]
    [InlineData("maxClicks", "1.00000000000000000000000000000000001")]
    [InlineData("maxClicks", "1e400")]
    [InlineData("maxClicks", "1e99999999999")]
    [InlineData("maxClicks", "9223372036854775808")]
    [InlineData("redirectType", "4294967598")]
    [InlineData("maxClicks", "-0.0")]
    public async Task Any_other_number_is_refused(string field, string sent)
    {
        using var client = _links.ClientOf();
        (await client.CreateAsync($$"""{"url":"https://example.com/","{{field}}":{{sent}}}""")).ShouldRefuse(field);
    }

    [Theory]
    [InlineData("Spring", "SPRING")]
    [InlineData("Straße", "STRASSE")]
    [InlineData("ΟΔΟΣ", "οδος")]
    [InlineData("caf\u00E9", "CAFE\u0301")]
    public async Task Tags_are_equal_whatever_their_case_and_composition(string tag, string asked)
    {
        using var client = _links.ClientOf();
        var link = await client.CreatedAsync(new { url = "https://example.com/", tags = new[] { tag, "other" } });
        await client.CreatedAsync(new { url = "https://example.com/", tags = new[] { tag + "x" } });

        var found = (await client.ListAsync("?tag=" + Uri.EscapeDataString(asked))).Json["items"]!.AsArray();

        found.Select(item => (string)item!["id"]!).ShouldBe([(string)link["id"]!]);
        found[0]!["tags"]!.AsArray().Select(item => (string)item!).ShouldBe([tag.Normalize(), "other"]);
    }

    [Fact]
    public async Task A_password_is_the_same_however_its_accents_are_composed()
    {
        using var client = _links.ClientOf();
        var link = await client.CreatedAsync(new { url = "https://example.com/", password = "caf\u00E9" });
        (await client.ChangeAsync(link["id"]!, new { password = "cafe\u0301" })).Header("ETag").ShouldBe("\"v1\"");
        (await client.ChangeAsync(link["id"]!, new { password = "cafe" })).Header("ETag").ShouldBe("\"v2\"");
    }

    [Fact]
    public async Task An_emoji_with_and_without_its_selector_is_one_code()
    {
        using var client = _links.ClientOf();
        using var redirect = new ApiClient(_links.Internal(), Guid.Empty);
        var marker = Guid.NewGuid().ToString("N")[..8];
        var link = await client.CreatedAsync(new { url = "https://example.com/", code = $"{marker}\u2764\uFE0F" });
        ((string)link["code"]!).ShouldBe($"{marker}\u2764\uFE0F");

        (await client.CreateAsync(new { url = "https://example.com/", code = $"{marker}\u2764" })).Status.ShouldBe(HttpStatusCode.Conflict);
        (await client.CreateAsync(new { url = "https://example.com/", code = $"{marker}\u2764\uFE0E" })).Status.ShouldBe(HttpStatusCode.Conflict);
        foreach (var spelling in new[] { "\u2764", "\u2764\uFE0F", "\u2764\uFE0E" })
        {
            var found = await redirect.SendAsync(HttpMethod.Get, "/internal/routes/by-code?domain=&code=" + Uri.EscapeDataString(marker + spelling));
            ((string)found.Json["linkId"]!).ShouldBe((string)link["id"]!);
        }

        // Another spelling is a change of the link, without an alias; an alias is kept by any of its spellings.
        var renamed = await client.ChangeAsync(link["id"]!, new { code = $"{marker}\u2764" });
        renamed.Json["aliases"]!.AsArray().ShouldBeEmpty();
        await client.ChangeAsync(link["id"]!, new { code = marker });
        (await client.ChangeAsync(link["id"]!, new { aliases = new[] { $"{marker}\u2764\uFE0F" } })).Json["aliases"]!.AsArray().Select(alias => (string)alias!)
            .ShouldBe([$"{marker}\u2764"]);
    }

    [Fact]
    public async Task A_used_up_link_has_a_status_of_its_own_until_its_limit_is_raised()
    {
        using var client = _links.ClientOf();
        using var other = _links.ClientOf();
        var link = await client.CreatedAsync(new { url = "https://example.com/", maxClicks = 3 });
        var unlimited = await client.CreatedAsync(new { url = "https://example.com/" });
        var id = Guid.Parse((string)link["id"]!);
        var bus = _links.Services.GetRequiredService<IBus>();
        ((bool)link["usedUp"]!).ShouldBeFalse();
        (await IdsAsync("usedUp")).ShouldBeEmpty();

        // Late, duplicated and with the wrong workspace: no effect.
        await bus.Publish(new ClickLimitsReached([new(client.Workspace, id, 3), new(client.Workspace, id, 2), new(other.Workspace, id, 99)]));
        await bus.Publish(new ClickLimitsReached([new(client.Workspace, id, 1), new(client.Workspace, Guid.CreateVersion7(), 9)]));

        await Eventually.BecomesAsync(async () => (bool)(await client.GetAsync(id)).Json["usedUp"]!, isUsedUp => isUsedUp);
        (await IdsAsync("usedUp")).ShouldBe([(string)link["id"]!]);
        (await IdsAsync("active")).ShouldBe([(string)unlimited["id"]!]);
        (await IdsAsync("expired")).ShouldBeEmpty();
        (await client.GetAsync(id)).Header("ETag").ShouldBe("\"v1\"");

        ((bool)(await client.ChangeAsync(id, new { maxClicks = 4 })).Json["usedUp"]!).ShouldBeFalse();
        (await IdsAsync("usedUp")).ShouldBeEmpty();
        await client.ChangeAsync(id, new { maxClicks = 3 });
        await client.ChangeAsync(id, new { expiresAt = "2020-01-01T00:00:00Z" });
        (await IdsAsync("usedUp")).ShouldBeEmpty("it expired first");
        (await IdsAsync("expired")).ShouldBe([(string)link["id"]!]);

        async Task<IEnumerable<string>> IdsAsync(string status) =>
            (await client.ListAsync("?status=" + status)).Json["items"]!.AsArray().Select(item => (string)item!["id"]!);
    }
}
