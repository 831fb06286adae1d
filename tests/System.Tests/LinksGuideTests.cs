using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LinkShort.Testing;

namespace LinkShort.SystemTests;

/// <summary>Checks docs/links.md from the API to the visitor, through every replica.</summary>
public sealed class LinksGuideTests(WholeSystem system)
{
    private static readonly TimeSpan EffectiveWithin = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_renamed_link_is_reached_by_its_former_code_until_that_is_released()
    {
        using var user = await system.NewUserAsync();
        var (before, after) = ($"before-{Guid.NewGuid():N}", $"nachher/größer-{Guid.NewGuid():N}");
        var link = await user.CreateLinkAsync("https://example.com/renamed", before);
        await ChangeAsync(user, link.Id, new { code = after });
        await EveryoneGetsAsync(before, "https://example.com/renamed");
        await EveryoneGetsAsync(Uri.EscapeDataString(after).Replace("%2F", "/", StringComparison.Ordinal), "https://example.com/renamed");
        using var taken = await user.Http.PostAsJsonAsync("/api/v1/links", new { url = "https://example.com/", code = before });
        taken.StatusCode.ShouldBe(HttpStatusCode.Conflict);

        await ChangeAsync(user, link.Id, new { url = "https://example.com/changed" });
        await EveryoneGetsAsync(before, "https://example.com/changed");
        await ChangeAsync(user, link.Id, new { aliases = Array.Empty<string>() });
        await EveryoneGetsAsync(before, null);
        var next = await user.CreateLinkAsync("https://example.com/next", before);
        await EveryoneGetsAsync(before, "https://example.com/next");

        await ChangeAsync(user, next.Id, new { code = before + "-2" });
        using var removed = await user.Http.DeleteAsync(new Uri($"/api/v1/links/{next.Id}", UriKind.Relative));
        removed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await EveryoneGetsAsync(before, null);
        await EveryoneGetsAsync(before + "-2", null);
    }

    [Fact]
    public async Task Queries_and_campaigns_are_merged_as_documented()
    {
        using var user = await system.NewUserAsync();
        var link = await CreateAsync(user, """
            {
              "url": "https://example.com/shop?a=1&utm_source=old&flag&flag#top",
              "forwardQuery": "visitor",
              "utm": { "source": "newsletter", "campaign": "spring & summer" }
            }
            """);
        const string Merged = "https://example.com/shop?flag&flag&utm_source=newsletter&utm_campaign=spring%20%26%20summer&a=2&b#top";
        (await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "links.md"))).ShouldContain(Merged);
        await EveryoneGetsAsync($"{link.Code}?a=2&b", Merged);
        await ChangeAsync(user, link.Id, new { forwardQuery = "destination" });
        await EveryoneGetsAsync($"{link.Code}?a=2&b", "https://example.com/shop?a=1&flag&flag&utm_source=newsletter&utm_campaign=spring%20%26%20summer&b#top");
        await ChangeAsync(user, link.Id, """{"forwardQuery":null,"utm":null}""");
        await EveryoneGetsAsync($"{link.Code}?a=2&b", "https://example.com/shop?a=1&utm_source=old&flag&flag#top");
    }

    [Fact]
    public async Task Rules_variants_limits_and_passwords_apply_to_visitors()
    {
        using var user = await system.NewUserAsync();
        var ruled = await CreateAsync(user, """
            {
              "url": "https://example.com/else",
              "variants": [ { "weight": 1 } ],
              "rules": [
                { "when": { "not": { "browser": ["firefox"] } }, "url": "https://example.com/others" },
                { "when": { "all": [ { "language": ["EN"] }, { "device": ["desktop"] }, { "query": { "name": "x" } } ] }, "url": "https://example.com/x" },
                { "when": { "time": { "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] } }, "url": "https://example.com/any-day" }
              ]
            }
            """);
        await EveryoneGetsAsync($"{ruled.Code}?x", "https://example.com/x");
        await EveryoneGetsAsync(ruled.Code, "https://example.com/any-day");

        var limited = await CreateAsync(user, """{ "url": "https://example.com/first", "maxClicks": 1, "expiredUrl": "https://example.com/over" }""");
        using var first = await LinkShortClient.FollowAsync(system.Gateway, limited.Code);
        LinkShortClient.Location(first).ShouldBe("https://example.com/first");
        await EveryoneGetsAsync(limited.Code, "https://example.com/over");

        var locked = await CreateAsync(user, """{ "url": "https://example.com/locked-away", "password": "open sesame" }""");
        using var form = await LinkShortClient.FollowAsync(system.Gateway, locked.Code);
        LinkShortClient.Location(form).ShouldBeNull();
        var page = await form.Content.ReadAsStringAsync();
        page.ShouldContain("type=\"password\"");
        page.ShouldNotContain("locked-away");
        await ChangeAsync(user, locked.Id, """{"password":null}""");
        await EveryoneGetsAsync(locked.Code, "https://example.com/locked-away");
    }

    /// <param name="location">Null for 404 or 410.</param>
    private async Task EveryoneGetsAsync(string codeAndQuery, string? location)
    {
        foreach (var host in system.Redirects.Append(system.Gateway))
        {
            await Eventually.PassesAsync(
                async () =>
                {
                    using var answer = await LinkShortClient.FollowAsync(host, codeAndQuery);
                    LinkShortClient.Location(answer).ShouldBe(location, $"{host}{codeAndQuery}: {(int)answer.StatusCode}");
                    ((int)answer.StatusCode).ShouldBeInRange(location is null ? 404 : 302, location is null ? 410 : 302);
                },
                EffectiveWithin);
        }
    }

    private static async Task<Link> CreateAsync(LinkShortClient user, string body)
    {
        using var answer = await user.Http.PostAsync(new Uri("/api/v1/links", UriKind.Relative), Json(body));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Link>(JsonSerializerOptions.Web))!;
    }

    private static async Task ChangeAsync(LinkShortClient user, Guid id, object body)
    {
        using var answer = await user.Http.PatchAsync(
            new Uri($"/api/v1/links/{id}", UriKind.Relative), Json(body as string ?? JsonSerializer.Serialize(body)));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
    }

    private static StringContent Json(string body) => new(body, System.Text.Encoding.UTF8, "application/json");
}
