using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace LinkShort.Analytics.Tests;

public sealed class DailyClicksTests(AnalyticsFixture fixture)
{
    private readonly AnalyticsUnderTest _service = fixture.Service;

    [Fact]
    public async Task The_days_of_many_links_come_in_one_answer_and_only_of_the_workspace()
    {
        var first = await _service.KnownLinkAsync();
        var second = await _service.KnownLinkAsync(first.Workspace);
        var foreign = await _service.KnownLinkAsync();
        var today = TimeProvider.System.GetUtcNow();
        await _service.RecordAsync(Clicks.Of(first), Clicks.Of(first, visitor: 2), Clicks.Of(first, today.AddDays(-2)), Clicks.Of(second, today.AddDays(-6)), Clicks.Of(foreign));
        await _service.CountedAsync(first.Workspace, first.Link, 3);
        await _service.CountedAsync(second.Workspace, second.Link, 1);
        await _service.CountedAsync(foreign.Workspace, foreign.Link, 1);

        using var client = _service.Client(first.Workspace);
        var answer = await client.GetFromJsonAsync<JsonElement>($"/api/v1/analytics/daily-clicks?ids={second.Link},{foreign.Link},{first.Link},{second.Link}&days=7");

        answer.GetProperty("days").GetInt32().ShouldBe(7);
        var items = answer.GetProperty("items").EnumerateArray().Select(item => (
            Id: item.GetProperty("id").GetGuid(), Clicks: item.GetProperty("clicks").EnumerateArray().Select(day => day.GetInt64()).ToArray())).ToArray();
        items.Select(item => item.Id).ShouldBe([second.Link, foreign.Link, first.Link]);
        // Clicks that were recorded around midnight UTC are in the neighbouring day.
        items[0].Clicks.Sum().ShouldBeInRange(0, 1);
        items[1].Clicks.ShouldAllBe(day => day == 0);
        items[2].Clicks.Sum().ShouldBe(3);
        items.ShouldAllBe(item => item.Clicks.Length == 7);
        (await client.GetFromJsonAsync<JsonElement>($"/api/v1/analytics/daily-clicks?ids={first.Link}")).GetProperty("items")[0].GetProperty("clicks").GetArrayLength().ShouldBe(30);
    }

    [Theory]
    [InlineData("", "ids")]
    [InlineData("ids=", "ids")]
    [InlineData("ids=abc", "ids")]
    [InlineData("ids=00000000-0000-0000-0000-000000000000", "ids")]
    [InlineData("ids=01890a5d-ac96-774b-bcce-b302099a8057&days=91", "days")]
    [InlineData("ids=01890a5d-ac96-774b-bcce-b302099a8057&days=0", "days")]
    [InlineData("ids=01890a5d-ac96-774b-bcce-b302099a8057&days=week", "days")]
    public async Task A_bad_parameter_is_named(string query, string field)
    {
        using var client = _service.Client(Guid.CreateVersion7());
        using var answer = await client.GetAsync($"/api/v1/analytics/daily-clicks?{query}");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").TryGetProperty(field, out _).ShouldBeTrue();
    }

    [Fact]
    public async Task Two_hundred_links_fit_into_a_request_and_more_are_refused()
    {
        using var client = _service.Client(Guid.CreateVersion7());
        var ids = Enumerable.Range(0, 201).Select(_ => Guid.CreateVersion7()).ToArray();
        (await client.GetAsync($"/api/v1/analytics/daily-clicks?ids={string.Join("%2C", ids.Take(200))}&days=30")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.GetAsync($"/api/v1/analytics/daily-clicks?ids={string.Join(",", ids)}")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }
}
