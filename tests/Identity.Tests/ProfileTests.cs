using System.Net;
using System.Net.Http.Json;

namespace LinkShort.Identity.Tests;

public sealed class ProfileTests(IdentityApplication identity)
{
    private const string Path = "/api/v1/me";

    [Fact]
    public async Task Name_and_language_can_be_changed_one_by_one()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        using var named = await client.PatchAsJsonAsync(Path, new { name = "  Ada  " });
        var first = await named.ShouldBeAsync<Profile>(HttpStatusCode.OK);
        first.Name.ShouldBe("Ada");
        first.Locale.ShouldBe("en");
        using var german = await client.PatchAsJsonAsync(Path, new { locale = "de" });
        var second = await german.ShouldBeAsync<Profile>(HttpStatusCode.OK);
        second.Name.ShouldBe("Ada");
        second.Locale.ShouldBe("de");
        second.UpdatedAt.ShouldBeGreaterThan(first.UpdatedAt);
        (await client.GetFromJsonAsync<Profile>(Path)).ShouldBe(second);

        using var unnamed = await client.PatchAsJsonAsync(Path, new { name = (string?)null });
        (await unnamed.ShouldBeAsync<Profile>(HttpStatusCode.OK)).Name.ShouldBeNull();
    }

    [Fact]
    public async Task Time_zone_theme_and_onboarding_state_are_changed_one_by_one()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        var fresh = await client.GetFromJsonAsync<Profile>(Path);
        (fresh!.TimeZone, fresh.Theme, fresh.Onboarding).ShouldBe((null, null, "open"));

        using var zone = await client.PatchAsJsonAsync(Path, new { timeZone = "Europe/Berlin", theme = "dark" });
        var first = await zone.ShouldBeAsync<Profile>(HttpStatusCode.OK);
        (first.TimeZone, first.Theme, first.Onboarding).ShouldBe(("Europe/Berlin", "dark", "open"));
        using var tour = await client.PatchAsJsonAsync(Path, new { onboarding = "dismissed", theme = (string?)null });
        var second = await tour.ShouldBeAsync<Profile>(HttpStatusCode.OK);
        (second.TimeZone, second.Theme, second.Onboarding).ShouldBe(("Europe/Berlin", null, "dismissed"));
        (await client.GetFromJsonAsync<Profile>(Path)).ShouldBe(second);
    }

    [Theory]
    [InlineData("""{"timeZone":"Berlin"}""", "timeZone")]
    [InlineData("""{"timeZone":""}""", "timeZone")]
    [InlineData("""{"timeZone":"../../etc/passwd"}""", "timeZone")]
    [InlineData("""{"timeZone":"W. Europe Standard Time"}""", "timeZone")]
    [InlineData("""{"theme":"pink"}""", "theme")]
    [InlineData("""{"onboarding":null}""", "onboarding")]
    [InlineData("""{"onboarding":"skipped"}""", "onboarding")]
    public async Task Unknown_preferences_are_refused_by_their_field(string body, string field)
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        using var response = await client.PatchAsync(Path, new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        (await client.GetFromJsonAsync<Profile>(Path))!.Version.ShouldBe(1);
    }

    [Fact]
    public async Task An_empty_change_changes_nothing()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        var before = await client.GetFromJsonAsync<Profile>(Path);
        using var response = await client.PatchAsJsonAsync(Path, new { });
        (await response.ShouldBeAsync<Profile>(HttpStatusCode.OK)).ShouldBe(before);
        (await client.GetFromJsonAsync<Profile>(Path)).ShouldBe(before);
    }

    [Fact]
    public async Task If_match_guards_against_lost_updates()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        using var read = await client.GetAsync(Path);
        var etag = read.Headers.ETag!.Tag;
        using var first = await PatchAsync(etag, "First");
        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var second = await PatchAsync(etag, "Second");
        await second.ShouldBeProblemAsync(HttpStatusCode.PreconditionFailed, "precondition-failed");
        using var third = await PatchAsync(first.Headers.ETag!.Tag, "Third");
        (await third.ShouldBeAsync<Profile>(HttpStatusCode.OK)).Name.ShouldBe("Third");

        async Task<HttpResponseMessage> PatchAsync(string tag, string name)
        {
            using var request = new HttpRequestMessage(HttpMethod.Patch, Path) { Content = JsonContent.Create(new { name }) };
            request.Headers.TryAddWithoutValidation("If-Match", tag);
            return await client.SendAsync(request);
        }
    }

    [Fact]
    public async Task A_profile_requires_a_token()
    {
        using var client = identity.Host.CreateClient();
        using var read = await client.GetAsync(Path);
        await read.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");
        using var change = await client.PatchAsJsonAsync(Path, new { name = "Eve" });
        await change.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");
    }

    [Fact]
    public async Task The_token_of_a_deleted_account_gets_a_401()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        await identity.ExecuteAsync("delete from workspaces where id = @WorkspaceId", new { account.WorkspaceId });
        await identity.ExecuteAsync("delete from users where id = @Id", new { account.Id });
        using var read = await client.GetAsync(Path);
        await read.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");
        using var change = await client.PatchAsJsonAsync(Path, new { name = "Ghost" });
        await change.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");
        using var key = await client.PostAsJsonAsync("/api/v1/api-keys", new { name = "ghost", scopes = new[] { "links:read" } });
        await key.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");
    }

    [Fact]
    public async Task The_list_contains_the_personal_workspace_and_only_the_users_own()
    {
        var account = await identity.RegisterAsync();
        var other = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        var list = await client.GetFromJsonAsync<Listed<Workspace>>("/api/v1/workspaces");
        list!.NextCursor.ShouldBeNull();
        var workspace = list.Items.ShouldHaveSingleItem();
        workspace.Id.ShouldBe(account.WorkspaceId);
        workspace.Id.ShouldNotBe(other.WorkspaceId);
        workspace.Personal.ShouldBeTrue();
        workspace.Role.ShouldBe("owner");
        workspace.Plan.ShouldBe("free");
        workspace.Name.ShouldBe(account.Email.Split('@')[0]);
    }

    [Fact]
    public async Task Workspaces_are_listed_page_by_page()
    {
        var account = await identity.RegisterAsync();
        for (var i = 0; i < 4; i++)
        {
            var id = Guid.CreateVersion7();
            await identity.ExecuteAsync("insert into workspaces (id, name, plan, created_at) values (@id, 'Team', 'free', now())", new { id });
            await identity.ExecuteAsync(
                "insert into members (workspace_id, user_id, role, joined_at) values (@id, @UserId, 'viewer', now())", new { id, UserId = account.Id });
        }

        using var client = await account.SignedInAsync();
        var seen = new List<Workspace>();
        string? cursor = null;
        do
        {
            var page = await client.GetFromJsonAsync<Listed<Workspace>>($"/api/v1/workspaces?limit=2&cursor={cursor}");
            page!.Items.Length.ShouldBeInRange(1, 2);
            seen.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        seen.Select(workspace => workspace.Id).Distinct().Count().ShouldBe(5);
        seen[0].Personal.ShouldBeTrue();
        seen.Skip(1).ShouldAllBe(workspace => !workspace.Personal && workspace.Role == "viewer");
    }

    private sealed record Workspace(Guid Id, string Name, string Plan, bool Personal, string Role, DateTimeOffset CreatedAt);
}
