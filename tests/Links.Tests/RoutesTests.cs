using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LinkShort.Contracts;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using LinkShort.Testing;

namespace LinkShort.Links.Tests;

public sealed class RoutesTests(LinksFixture fixture)
{
    private readonly LinksService _links = fixture.Links;

    [Fact]
    public async Task A_code_is_resolvable_as_soon_as_the_API_has_responded()
    {
        using var client = _links.ClientOf();
        using var redirect = _links.Internal();
        var link = await client.CreatedAsync(new
        {
            url = "https://example.com/%2B", code = $"Straße/{Guid.NewGuid():N}", redirectType = 308, activeFrom = "2026-01-01T00:00:00Z", expiresAt = "2099-01-01T00:00:00Z",
        });
        var route = await redirect.GetFromJsonAsync<LinkSnapshot>($"/internal/routes/by-code?domain=&code={Uri.EscapeDataString((string)link["code"]!)}");
        route.ShouldBe(new LinkSnapshot(
            Guid.Parse((string)link["id"]!), client.Workspace, "", (string)link["code"]!, "https://example.com/%2B", 308,
            new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero), false, 1,
            (DateTimeOffset)link["createdAt"]!));

        await client.ArchiveAsync(link["id"]!);
        route = await redirect.GetFromJsonAsync<LinkSnapshot>($"/internal/routes/by-code?code={Uri.EscapeDataString(((string)link["code"]!).Normalize(System.Text.NormalizationForm.FormD))}");
        (route!.Archived, route.Version).ShouldBe((true, 2));
    }

    [Theory]
    [InlineData("domain=&code=nobody-has-this-one")]
    [InlineData("domain=other.example&code=x")]
    [InlineData("domain=%F0%9F%9A%80&code=x")]
    [InlineData("code=")]
    [InlineData("code=%2F%2F..%2F")]
    [InlineData("code=a%0Ab")]
    [InlineData("code=%FF%FE")]
    [InlineData("code=%ED%A0%80")]
    public async Task An_unknown_or_malformed_code_is_not_found(string query)
    {
        using var redirect = _links.Internal();
        using var answer = await redirect.GetAsync(new Uri("/internal/routes/by-code?" + query, UriKind.Relative));
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_read_model_is_rebuilt_from_all_links_of_all_workspaces()
    {
        await using var links = await fixture.StartAsync();
        using var redirect = links.Internal();
        (await ReadAsync(redirect, "")).ShouldBeEmpty();
        var created = new List<Guid>();
        for (var i = 0; i < 25; i++)
        {
            using var client = links.ClientOf();
            var id = Guid.Parse((string)(await client.CreatedAsync(new { url = $"https://example.com/{i}\u00e9\u2028".TrimEnd('\u2028') }))["id"]!);
            created.Add(id);
            if (i % 5 == 0)
            {
                await client.ArchiveAsync(id);
            }
        }

        var all = await ReadAsync(redirect, "");
        all.Select(route => route.LinkId).ShouldBe(created.Order());
        all.Count(route => route.Archived).ShouldBe(5);
        (await redirect.GetFromJsonAsync<long>("/internal/routes/count")).ShouldBe(25);

        var paged = new List<LinkSnapshot>();
        for (var last = ""; ;)
        {
            var page = await ReadAsync(redirect, $"limit=4{last}");
            paged.AddRange(page);
            if (page.Count < 4)
            {
                break;
            }

            last = $"&after={page[^1].LinkId}";
        }

        paged.ShouldBe(all);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=10001", "limit")]
    [InlineData("limit=abc", "limit")]
    [InlineData("after=abc", "after")]
    public async Task Bad_parameters_are_reported(string query, string field)
    {
        using var client = new ApiClient(_links.Internal(), Guid.Empty);
        (await client.SendAsync(HttpMethod.Get, "/internal/routes?" + query)).ShouldRefuse(field);
    }

    [Fact]
    public async Task A_request_without_a_code_is_refused()
    {
        using var client = new ApiClient(_links.Internal(), Guid.Empty);
        (await client.SendAsync(HttpMethod.Get, "/internal/routes/by-code?domain=")).ShouldRefuse("code");
    }

    [Fact]
    public async Task Click_totals_only_grow_and_create_no_version_of_the_link()
    {
        using var client = _links.ClientOf();
        using var other = _links.ClientOf();
        var link = await client.CreatedAsync();
        var theirs = await other.CreatedAsync();
        var id = Guid.Parse((string)link["id"]!);
        var theirId = Guid.Parse((string)theirs["id"]!);
        var bus = _links.Services.GetRequiredService<IBus>();

        async Task TellAsync(params LinkClickTotal[] totals) => await bus.Publish(new ClickTotalsChanged(totals));
        Task<long> CountsAsync(long expected) => Eventually.BecomesAsync(async () => (long)(await client.GetAsync(id)).Json["clicks"]!, clicks => clicks == expected);

        await TellAsync(new(id, client.Workspace, 3), new(Guid.CreateVersion7(), client.Workspace, 8));
        await CountsAsync(3);
        // Late, duplicated and with the wrong workspace: no effect. The message after them shows that they were handled.
        await TellAsync(new(id, client.Workspace, 2), new(id, client.Workspace, 5), new(id, client.Workspace, 4));
        await CountsAsync(5);
        await TellAsync(new(id, client.Workspace, 1), new(id, other.Workspace, 99), new(theirId, client.Workspace, 99));
        await TellAsync();
        await TellAsync(new LinkClickTotal(id, client.Workspace, 5_000_000_000));
        await CountsAsync(5_000_000_000);
        ((long)(await other.GetAsync(theirId)).Json["clicks"]!).ShouldBe(0);

        var after = await client.GetAsync(id);
        after.Header("ETag").ShouldBe("\"v1\"");
        ((string)after.Json["updatedAt"]!).ShouldBe((string)link["updatedAt"]!);
        // Changing the link keeps its clicks.
        ((long)(await client.ChangeAsync(id, new { title = "x" })).Json["clicks"]!).ShouldBe(5_000_000_000);
    }

    [Fact]
    public async Task Links_are_counted_in_contiguous_ranges_and_a_change_shows_in_its_range()
    {
        await using var links = await fixture.StartAsync();
        using var redirect = links.Internal();
        (await RangesAsync("")).ShouldBe([new LinkRange(null, 0, 0)]);
        using var client = links.ClientOf();
        var ids = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add(Guid.Parse((string)(await client.CreatedAsync(new { url = $"https://example.com/{i}" }))["id"]!));
        }

        ids.Sort();
        var ranges = await RangesAsync("size=2");
        ranges.Select(range => (range.UpTo, range.Links)).ShouldBe([(ids[1], 2), (ids[3], 2), (null, 1)]);
        ranges.Select(range => range.Checksum).Distinct().Count().ShouldBe(3);
        (await RangesAsync("size=5")).Select(range => (range.UpTo, range.Links)).ShouldBe([(ids[4], 5), (null, 0)]);
        (await RangesAsync("size=2&limit=1")).ShouldBe([ranges[0]]);
        (await RangesAsync($"size=2&limit=1&after={ids[1]}")).ShouldBe([ranges[1]]);
        (await RangesAsync($"size=9&after={ids[1]}&upTo={ids[3]}")).ShouldBe([ranges[1] with { UpTo = null }]);
        (await RangesAsync("size=9")).Single().Checksum.ShouldBe(ranges.Aggregate(0L, (sum, range) => sum ^ range.Checksum), "It doesn't depend on the order.");

        await client.ArchiveAsync(ids[2]);
        var changed = await RangesAsync("size=2");
        changed.Select(range => (range.UpTo, range.Links)).ShouldBe(ranges.Select(range => (range.UpTo, range.Links)));
        changed.Zip(ranges).Select(pair => pair.First == pair.Second).ShouldBe([true, false, true]);

        async Task<List<LinkRange>> RangesAsync(string query) =>
            (await redirect.GetFromJsonAsync<List<LinkRange>>($"/internal/routes/ranges?{query}"))!;
    }

    [Theory]
    [InlineData("size=0")]
    [InlineData("size=10001")]
    [InlineData("limit=0")]
    [InlineData("limit=1001")]
    public async Task Empty_ranges_and_too_many_are_refused(string query)
    {
        using var redirect = _links.Internal();
        using var answer = await redirect.GetAsync(new Uri($"/internal/routes/ranges?{query}", UriKind.Relative));
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static async Task<List<LinkSnapshot>> ReadAsync(HttpClient client, string query)
    {
        using var response = await client.GetAsync(new Uri("/internal/routes?" + query, UriKind.Relative));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/x-ndjson");
        return [.. (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize<LinkSnapshot>(line, JsonSerializerOptions.Web)!)];
    }
}
