using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Testing;

namespace LinkShort.Analytics.Tests;

public sealed class ReadAnalyticsTests(AnalyticsFixture fixture)
{
    private readonly AnalyticsUnderTest _service = fixture.Service;

    [Fact]
    public async Task The_response_has_the_documented_shape()
    {
        var link = await _service.KnownLinkAsync();
        await _service.RecordAsync(Clicks.Of(link));
        await _service.CountedAsync(link.Workspace, link.Link, 1);

        using var client = _service.Client(link.Workspace);
        var json = await client.GetFromJsonAsync<JsonElement>($"/api/v1/links/{link.Link}/analytics?interval=week&tz=Europe/Paris");

        json.GetProperty("totals").GetProperty("clicks").GetInt64().ShouldBe(1);
        json.GetProperty("totals").GetProperty("visitors").GetInt64().ShouldBe(1);
        json.GetProperty("totals").GetProperty("botClicks").GetInt64().ShouldBe(0);
        json.GetProperty("trend")[0].EnumerateObject().Select(member => member.Name).ShouldBe(["start", "clicks", "visitors", "botClicks"]);
        json.GetProperty("trend")[0].GetProperty("start").GetString()!.ShouldEndWith("Z");
        json.GetProperty("geo").GetProperty("Unknown").GetProperty("Unknown").GetInt64().ShouldBe(1);
        foreach (var list in new[] { "topReferrers", "channels", "devices", "browsers", "os", "languages" })
        {
            json.GetProperty(list)[0].EnumerateObject().Select(member => member.Name).ShouldBe(["name", "clicks"]);
        }

        json.GetProperty("variants").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_link_without_clicks_has_a_trend_of_zeros()
    {
        var link = await _service.KnownLinkAsync();

        var answer = await _service.AnalyticsAsync(link.Workspace, link.Link, "?from=2026-01-01&to=2026-01-31");

        answer.Trend.Count.ShouldBe(31);
        answer.Trend.ShouldAllBe(point => point.Clicks == 0 && point.Visitors == 0 && point.BotClicks == 0);
        answer.TopReferrers.ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_workspace_sees_nothing_of_a_link()
    {
        var link = await _service.KnownLinkAsync();
        await _service.RecordAsync(Clicks.Of(link));
        await _service.CountedAsync(link.Workspace, link.Link, 1);
        var stranger = Guid.CreateVersion7();

        using var client = _service.Client(stranger);
        using var answer = await client.GetAsync($"/api/v1/links/{link.Link}/analytics");

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("type").GetString().ShouldBe("/problems/not-found");
        (await _service.WorkspaceAnalyticsAsync(stranger)).Totals.Clicks.ShouldBe(0);
        (await _service.WorkspaceAnalyticsAsync(link.Workspace)).Totals.Clicks.ShouldBe(1);
    }

    [Fact]
    public async Task A_link_without_an_event_is_looked_up_once()
    {
        var (workspace, link) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        _service.Links.Answer(link, 200);

        (await _service.AnalyticsAsync(workspace, link)).Totals.Clicks.ShouldBe(0);
        (await _service.AnalyticsAsync(workspace, link)).Totals.Clicks.ShouldBe(0);

        _service.Links.AskedFor(link).ShouldHaveSingleItem().ShouldStartWith("Bearer ey");
    }

    [Theory]
    [InlineData(404, HttpStatusCode.NotFound)]
    [InlineData(403, HttpStatusCode.NotFound)]
    [InlineData(400, HttpStatusCode.ServiceUnavailable)]
    public async Task The_status_from_links_decides_about_an_unknown_link(int links, HttpStatusCode expected)
    {
        var link = Guid.CreateVersion7();
        _service.Links.Answer(link, links);

        using var client = _service.Client(Guid.CreateVersion7());
        using var answer = await client.GetAsync($"/api/v1/links/{link}/analytics");

        answer.StatusCode.ShouldBe(expected);
    }

    [Fact]
    public async Task A_removed_link_is_not_found_even_if_its_events_arrive_out_of_order()
    {
        var link = await _service.KnownLinkAsync();
        await _service.PublishAsync(new LinkRemoved(link.Link, link.Workspace, "", "abc", 3, TimeProvider.System.GetUtcNow()));
        using var client = _service.Client(link.Workspace);
        await Eventually.PassesAsync(async () =>
        {
            using var answer = await client.GetAsync($"/api/v1/links/{link.Link}/analytics");
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        });

        await _service.PublishAsync(new LinkChanged(new LinkSnapshot(
            link.Link, link.Workspace, "", "abc", "https://example.com/", 302, null, null, false, 2, TimeProvider.System.GetUtcNow())));
        // A later event has gone through the same queue.
        await _service.KnownLinkAsync(link.Workspace);

        using var still = await client.GetAsync($"/api/v1/links/{link.Link}/analytics");
        still.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("from=abc", "from")]
    [InlineData("from=2026-01-01&from=2026-01-02", "from")]
    [InlineData("to=2026-02-30", "to")]
    [InlineData("interval=century", "interval")]
    [InlineData("interval=hour&from=2020-01-01", "interval")]
    [InlineData("tz=Nowhere/City", "tz")]
    [InlineData("tz=%F0%9F%98%80", "tz")]
    [InlineData("tz=%ff%fe", "tz")]
    [InlineData("from=2026-02-02&to=2026-02-01", "from")]
    public async Task Bad_parameters_are_named(string query, string field)
    {
        var link = await _service.KnownLinkAsync();
        using var client = _service.Client(link.Workspace);
        foreach (var path in new[] { $"/api/v1/links/{link.Link}/analytics", "/api/v1/analytics" })
        {
            using var answer = await client.GetAsync($"{path}?{query}");

            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
            (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").TryGetProperty(field, out _).ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData("not-a-guid", HttpStatusCode.BadRequest)]
    [InlineData("00000000-0000-0000-0000-000000000000", HttpStatusCode.NotFound)]
    public async Task An_invalid_id_is_refused(string id, HttpStatusCode expected)
    {
        using var client = _service.Client(Guid.CreateVersion7());
        using var answer = await client.GetAsync($"/api/v1/links/{id}/analytics");

        answer.StatusCode.ShouldBe(expected);
        if (expected == HttpStatusCode.BadRequest)
        {
            (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").TryGetProperty("id", out _).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_valid_token_with_the_scope_is_required()
    {
        var link = await _service.KnownLinkAsync();
        using var anonymous = _service.AnonymousClient();
        using var forged = _service.ForgedClient(link.Workspace);
        using var writer = _service.Client(link.Workspace, Scopes.LinksRead, Scopes.LinksWrite);
        using var reader = _service.Client(link.Workspace, Scopes.AnalyticsRead);
        foreach (var path in new[] { $"/api/v1/links/{link.Link}/analytics", "/api/v1/analytics" })
        {
            (await anonymous.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await forged.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await writer.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            (await reader.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task The_OpenAPI_document_describes_both_endpoints()
    {
        using var client = _service.AnonymousClient();
        var document = await client.GetFromJsonAsync<JsonElement>("/openapi/v1.json");

        var paths = document.GetProperty("paths");
        var get = paths.GetProperty("/api/v1/links/{id}/analytics").GetProperty("get");
        get.GetProperty("operationId").GetString().ShouldBe("GetLinkAnalytics");
        get.GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()).ShouldBe(["id", "from", "to", "interval", "tz"]);
        get.GetProperty("parameters").EnumerateArray().Count(parameter => parameter.TryGetProperty("description", out _)).ShouldBe(4);
        get.GetProperty("responses").TryGetProperty("404", out _).ShouldBeTrue();
        paths.TryGetProperty("/api/v1/analytics", out _).ShouldBeTrue();
    }
}
