using System.Net;
using System.Net.Http.Json;

namespace LinkShort.Identity.Tests;

/// <summary>Operators' announcements.</summary>
public sealed class AnnouncementTests(IdentityApplication identity)
{
    private const string Admin = "/api/v1/admin/announcements";

    [Fact]
    public async Task Users_see_an_announcement_in_their_language_or_in_English_until_they_dismiss_it()
    {
        var op = await Operator.SharedAsync(identity);
        var created = await CreateAsync(op, new { texts = new { en = "Tonight at ten", de = "Heute um zehn" }, level = "warning" });
        using var anonymous = identity.Host.CreateClient();
        (await FindAsync(anonymous, created.Id))!.ShouldSatisfyAllConditions(
            each => each.Text.ShouldBe("Tonight at ten"), each => each.Language.ShouldBe("en"), each => each.Level.ShouldBe("warning"), each => each.Dismissible.ShouldBeTrue());
        (await FindAsync(anonymous, created.Id, "?locale=de"))!.Text.ShouldBe("Heute um zehn");
        (await FindAsync(anonymous, created.Id, "?locale=ar"))!.ShouldSatisfyAllConditions(each => each.Language.ShouldBe("en"), each => each.Text.ShouldBe("Tonight at ten"));
        await (await anonymous.GetAsync("/api/v1/announcements?locale=xx")).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "locale");

        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        using var dismissed = await client.PostAsync($"/api/v1/announcements/{created.Id}/dismiss", null);
        dismissed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await FindAsync(client, created.Id)).ShouldBeNull();
        (await FindAsync(anonymous, created.Id)).ShouldNotBeNull("for the others it is still there");

        // A changed text is shown again.
        using var changed = await op.Client.PutAsJsonAsync($"{Admin}/{created.Id}", new { texts = new { en = "Tomorrow" }, level = "critical", dismissible = false });
        changed.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await FindAsync(client, created.Id))!.Text.ShouldBe("Tomorrow");
        await (await client.PostAsync($"/api/v1/announcements/{created.Id}/dismiss", null)).ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
        await (await client.PostAsync($"/api/v1/announcements/{Guid.NewGuid()}/dismiss", null)).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");

        using var deleted = await op.Client.DeleteAsync($"{Admin}/{created.Id}");
        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await FindAsync(anonymous, created.Id)).ShouldBeNull();
        await (await op.Client.DeleteAsync($"{Admin}/{created.Id}")).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task An_announcement_is_shown_from_its_start_to_its_end()
    {
        var op = await Operator.SharedAsync(identity);
        var now = TimeProvider.System.GetUtcNow();
        var later = await CreateAsync(op, new { texts = new { en = "Later" }, level = "info", startsAt = now.AddHours(1) });
        var over = await CreateAsync(op, new { texts = new { en = "Over" }, level = "info", startsAt = now.AddHours(-2), endsAt = now.AddHours(-1) });
        var running = await CreateAsync(op, new { texts = new { en = "Now" }, level = "info", startsAt = now.AddHours(-1), endsAt = now.AddHours(1) });
        using var anonymous = identity.Host.CreateClient();
        (await FindAsync(anonymous, later.Id)).ShouldBeNull();
        (await FindAsync(anonymous, over.Id)).ShouldBeNull();
        (await FindAsync(anonymous, running.Id)).ShouldNotBeNull();
        var all = (await op.Client.GetFromJsonAsync<Listed<AnnouncementBody>>($"{Admin}?limit=200"))!.Items.Select(each => each.Id).ToList();
        foreach (var each in (Guid[])[later.Id, over.Id, running.Id])
        {
            all.ShouldContain(each, "operators also see ended and future ones");
            (await op.Client.DeleteAsync($"{Admin}/{each}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }
    }

    [Theory]
    [InlineData("""{"texts":{},"level":"info"}""", "texts.en")]
    [InlineData("""{"texts":{"en":"a","xx":"b"},"level":"info"}""", "texts.xx")]
    [InlineData("""{"texts":{"en":"  "},"level":"info"}""", "texts.en")]
    [InlineData("""{"texts":{"en":"a\nb"},"level":"info"}""", "texts.en")]
    [InlineData("""{"texts":{"en":"a"},"level":"loud"}""", "level")]
    [InlineData("""{"texts":{"en":"a"},"level":"info","startsAt":"2027-01-02T00:00:00Z","endsAt":"2027-01-01T00:00:00Z"}""", "endsAt")]
    [InlineData("""{"texts":{"en":"a"}}""", "level")]
    public async Task A_bad_announcement_names_its_field_and_is_not_shown(string json, string field)
    {
        var op = await Operator.SharedAsync(identity);
        var before = await identity.QueryAsync<int>("select count(*)::int from announcements where created_at > now() - interval '1 hour' and texts->>'en' in ('a', '  ')");
        await (await op.Client.PostRawAsync(Admin, json)).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        (await identity.QueryAsync<int>("select count(*)::int from announcements where created_at > now() - interval '1 hour' and texts->>'en' in ('a', '  ')")).ShouldBe(before);
    }

    private static async Task<AnnouncementBody> CreateAsync(Operator op, object body)
    {
        using var response = await op.Client.PostAsJsonAsync(Admin, body);
        return await response.ShouldBeAsync<AnnouncementBody>(HttpStatusCode.Created);
    }

    private static async Task<ShownAnnouncement?> FindAsync(HttpClient client, Guid id, string query = "") =>
        (await client.GetFromJsonAsync<Listed<ShownAnnouncement>>("/api/v1/announcements" + query))!.Items.FirstOrDefault(each => each.Id == id);
}

public sealed record AnnouncementBody(Guid Id, Dictionary<string, string> Texts, string Level, DateTimeOffset StartsAt, DateTimeOffset? EndsAt, bool Dismissible);

public sealed record ShownAnnouncement(Guid Id, string Text, string Language, string Level, bool Dismissible);
