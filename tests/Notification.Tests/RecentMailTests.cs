using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace LinkShort.Notification.Tests;

public sealed class RecentMailTests(NotificationFixture fixture)
{
    private readonly NotificationUnderTest _service = fixture.Files;

    [Fact]
    public async Task Operators_see_what_was_mailed_newest_first()
    {
        var (first, second) = (await _service.RegisterAsync(), await _service.RegisterAsync(locale: "de"));
        await _service.FileToAsync(first.Email);
        await _service.FileToAsync(second.Email);
        using var client = _service.InternalClient();

        var found = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var page = await client.GetFromJsonAsync<JsonElement>($"/internal/mail?limit=2&cursor={cursor}");
            found.AddRange(page.GetProperty("items").EnumerateArray());
            page.GetProperty("items").GetArrayLength().ShouldBeLessThanOrEqualTo(2);
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        // To the millisecond: that is how far ids tell the order.
        found.Select(mail => mail.GetProperty("createdAt").GetDateTimeOffset().ToUnixTimeMilliseconds()).ShouldBeInOrder(SortDirection.Descending);
        var german = found.Single(mail => mail.GetProperty("recipient").GetString() == second.Email);
        german.GetProperty("state").GetString().ShouldBe("sent");
        german.GetProperty("subject").GetString().ShouldBe("Willkommen bei LinkShort!");
        german.GetProperty("sentAt").GetDateTimeOffset().ShouldBeGreaterThan(german.GetProperty("createdAt").GetDateTimeOffset());
    }

    [Fact]
    public async Task Nobody_else_does()
    {
        using var anonymous = _service.AnonymousClient();

        (await anonymous.GetAsync("/internal/mail")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        anonymous.DefaultRequestHeaders.Add("X-Internal-Key", "guess");
        (await anonymous.GetAsync("/internal/mail")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=x", "limit")]
    [InlineData("limit=201", "limit")]
    [InlineData("cursor=nonsense", "cursor")]
    public async Task Bad_parameters_are_named(string query, string field)
    {
        using var client = _service.InternalClient();

        using var answer = await client.GetAsync($"/internal/mail?{query}");

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").TryGetProperty(field, out _).ShouldBeTrue();
    }
}
