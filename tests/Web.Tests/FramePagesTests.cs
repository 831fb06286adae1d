using System.Net;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>What every page of the app has around it, without script: navigation, settings' tabs, the workspace's numbers, refusals.</summary>
[Collection(nameof(WebStand))]
public sealed class FramePagesTests(WebStand stand)
{
    [Fact]
    public async Task Settings_are_two_groups_of_tabs_and_their_addresses_stayed()
    {
        var owner = stand.NewAccount("Olga Owner");
        var team = stand.Api.AddTeam("Newsroom", (owner, "owner"));
        using var visitor = await stand.VisitSignedInAsync(owner);
        var tabs = new[]
        {
            ("/app/workspace", "General", true), ("/app/team", "Team", true), ("/app/settings/billing", "Billing", true), ("/app/settings/keys", "API keys", true), ("/app/workspace/sso", "Single sign-on", true),
            ("/app/audit-log", "Audit log", true), ("/app/settings", "Profile", false), ("/app/security", "Security", false), ("/app/privacy", "Privacy", false),
            ("/app/support-access", "Support access", false),
        };
        foreach (var (path, name, isShared) in tabs)
        {
            var page = await visitor.GetAsync(path);
            page.Status.ShouldBe(HttpStatusCode.OK, path);
            page.Html.ShouldContain($"<a class=\"tab\" href=\"{path}\" aria-current=\"page\">{name}</a>", Case.Sensitive, path);
            page.Html.ShouldMatch("<a href=\"/app/workspace\" aria-current=\"page\">.*Settings</a>", path);
            foreach (var (other, otherName, otherIsShared) in tabs)
            {
                page.Html.Contains($"<a class=\"tab\" href=\"{other}\"", StringComparison.Ordinal).ShouldBe(otherIsShared == isShared, $"{otherName} on {path}");
            }
        }

        (await visitor.GetAsync("/app/security/sign-in")).Html.ShouldContain("href=\"/app/security\" aria-current=\"page\">Security</a>", Case.Sensitive, "a page below a tab");
        stand.Api.ChangeRole(team, owner, "viewer");
        var seen = await visitor.GetAsync("/app/workspace");
        seen.Html.ShouldNotContain("class=\"tab\" href=\"/app/audit-log\"");
        seen.Html.ShouldNotContain("class=\"tab\" href=\"/app/settings/keys\"");
    }

    [Theory]
    [InlineData("en", "Personal")]
    [InlineData("de", "Persönlich")]
    [InlineData("es", "Personal")]
    [InlineData("fr", "Personnel")]
    [InlineData("ar", "شخصية")]
    public async Task The_personal_workspace_has_one_name_in_every_language(string language, string name)
    {
        var account = stand.NewAccount("Mira Okafor");
        account.Locale = language;
        using var visitor = await stand.VisitSignedInAsync(account);
        foreach (var path in new[] { "/app/links", "/app/workspace", "/app/team/leave" })
        {
            var page = await visitor.GetAsync(path);
            page.Text.ShouldContain($"<bdi>{name}</bdi>", Case.Sensitive, path);
            page.Text.ShouldNotContain("Mira Okafor's workspace", Case.Sensitive, path);
        }
    }

    [Fact]
    public async Task Analytics_of_the_workspace_show_all_links_and_say_so_when_they_are_away()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        (await visitor.GetAsync("/app/analytics")).Text.ShouldContain("No clicks in this period");
        stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/a", clicks: 600);
        stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/b", clicks: 400);

        var page = await visitor.GetAsync("/app/analytics?range=7d");
        page.Html.ShouldMatch("data-total=\"clicks\">(99|1,00)[0-9]");
        page.Html.ShouldMatch("range=7d\"[^>]*aria-current=\"true\"");
        foreach (var list in new[] { "Referrers", "Countries", "Cities", "Devices", "Browsers", "Systems", "Languages" })
        {
            page.Html.ShouldContain($"<ol class=\"bars\" aria-label=\"{list}\">");
        }

        page.Text.ShouldContain("Deutsch", Case.Sensitive, "visitors' languages are named");
        page.Text.ShouldContain("iOS", Case.Sensitive);
        stand.Api.Calls.Last(call => call.Path == "/api/v1/analytics").Query.ShouldContain("interval=day");
        using (stand.Api.Fail("GET", "/analytics", 503, "unavailable", whose: account))
        {
            var down = await visitor.GetAsync("/app/analytics?range=24h");
            down.Text.ShouldContain("Analytics are temporarily unavailable");
            down.Html.ShouldContain("href=\"/app/analytics?range=24h\"");
        }
    }

    [Theory]
    [InlineData("24h", null, "hour", 24)]
    [InlineData("7d", "hour", "hour", 7 * 24)]
    [InlineData("30d", "day", "day", 30)]
    [InlineData("12m", null, "month", 12)]
    [InlineData("24h", "month", "hour", 24)]
    [InlineData("12m", "hour", "month", 12)]
    public async Task Analytics_of_the_workspace_are_divided_by_the_chosen_interval(string range, string? chosen, string interval, int points)
    {
        var account = stand.NewAccount();
        stand.Api.AddLink(account, Guid.NewGuid().ToString("N")[..8], "https://example.com/a", clicks: 90_000);
        using var visitor = await stand.VisitSignedInAsync(account);

        var page = await visitor.GetAsync($"/app/analytics?range={range}&interval={chosen}&compare=false");

        var rows = System.Text.RegularExpressions.Regex.Count(page.Html, "<tr><th scope=\"row\">");
        // The API's hours of a day that has only begun end now.
        rows.ShouldBeInRange(interval == "hour" && range == "7d" ? points - 24 : points, points);
        page.Html.ShouldMatch(range == "24h" ? "id=\"range-24h\"" : $"id=\"interval-{interval}\"[^>]*aria-current=\"true\"");
        page.Html.Contains("id=\"interval-", StringComparison.Ordinal).ShouldBe(range != "24h", "a day is shown by hours only");
    }

    [Fact]
    public async Task The_interval_is_kept_where_another_range_has_it()
    {
        using var visitor = await stand.VisitSignedInAsync(stand.NewAccount());
        var page = await visitor.GetAsync("/app/analytics?range=90d&interval=week");
        page.Html.ShouldContain("href=\"/app/analytics?range=30d&amp;interval=week\"");
        page.Html.ShouldContain("href=\"/app/analytics?range=24h\"");
        page.Html.ShouldContain("href=\"/app/analytics?range=90d\"", Case.Sensitive, "the default interval is not in the URL");
        page.Html.ShouldContain("href=\"/app/analytics?range=90d&amp;interval=week&amp;compare=false\"");
    }

    [Fact]
    public async Task Nobody_is_told_to_do_what_their_role_does_not_allow()
    {
        var viewer = stand.NewAccount("Vera Viewer");
        var team = stand.Api.AddTeam("Newsroom", (stand.NewAccount("Olga Owner"), "owner"), (viewer, "viewer"));
        viewer.State.Onboarding = "open";
        using var visitor = await stand.VisitSignedInAsync(viewer);
        foreach (var path in new[] { "/", "/app/links", "/app/links?search=nothing", "/app/analytics", "/app/team", "/app/workspace", "/app/settings", "/app/shortcuts", "/app/nothing" })
        {
            var page = await visitor.GetAsync(path);
            page.Html.ShouldNotContain("/app/links/new", Case.Sensitive, path);
            page.Html.ShouldNotContain("/app/team/invite", Case.Sensitive, path);
            page.Html.ShouldNotContain("/app/settings/keys/new", Case.Sensitive, path);
            page.Html.ShouldNotContain("tour-title", Case.Sensitive, path);
        }

        stand.Api.ChangeRole(team, viewer, "member");
        var member = await visitor.GetAsync("/app/links");
        member.Text.ShouldContain("0 of 3 done", Case.Sensitive, "a member can't invite");
        member.Html.ShouldNotContain("/app/team/invite");
        member.Html.ShouldContain("data-effect=\"open\" data-target=\"/app/links/new\"");
    }

    [Fact]
    public async Task Refusals_and_missing_pages_keep_the_frame_in_the_accounts_language()
    {
        var viewer = stand.NewAccount("Vera Viewer");
        viewer.Locale = "de";
        stand.Api.AddTeam("Redaktion", (stand.NewAccount("Olga Owner"), "owner"), (viewer, "viewer"));
        using var visitor = await stand.VisitSignedInAsync(viewer);
        foreach (var (path, status) in new[] { ("/app/links/new", HttpStatusCode.Forbidden), ("/app/nothing", HttpStatusCode.NotFound), ($"/app/links/{Guid.CreateVersion7()}", HttpStatusCode.NotFound) })
        {
            var page = await visitor.GetAsync(path);
            page.Status.ShouldBe(status, path);
            page.Html.ShouldContain("<html lang=\"de\"", Case.Sensitive, path);
            page.Html.ShouldContain("class=\"app-nav\"", Case.Sensitive, path);
            page.Text.ShouldContain("Arbeitsbereich: Redaktion", Case.Sensitive, path);
        }

        (await visitor.GetAsync("/app/links/new")).Text.ShouldContain("die Rolle Mitglied");
        using var stranger = stand.Visit();
        (await stranger.GetAsync("/app/nothing")).Html.ShouldNotContain("class=\"app-nav\"");
    }

    [Fact]
    public async Task The_command_menu_finds_links_and_changes_the_language()
    {
        var account = stand.NewAccount();
        var link = stand.Api.AddLink(account, "menu-" + Guid.NewGuid().ToString("N")[..8], "https://example.com/", "Spring <sale>");
        using var visitor = await stand.VisitSignedInAsync(account);
        var found = await visitor.GetAsync("/app/commands/links?search=spring");
        found.Html.ShouldContain($"data-target=\"/app/links/{link.Id}\"");
        found.Html.ShouldContain("Spring &lt;sale&gt;");
        found.Html.ShouldNotContain("<html", Case.Sensitive, "without a page around it");
        (await visitor.GetAsync("/app/commands/links?search=")).Html.ShouldNotContain("role=\"option\"");
        using (stand.Api.Fail("GET", "/links", 503, "unavailable", whose: account))
        {
            (await visitor.GetAsync("/app/commands/links?search=spring")).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        var form = Visitor.HiddenFields((await visitor.GetAsync("/app/team")).Html, "/app/settings/language").Where(field => field.Name != "Locale");
        (await visitor.PostAsync("/app/settings/language", [.. form, ("Locale", "fr")])).Location.ShouldBe("/app/team");
        (await visitor.GetAsync("/app/team")).Html.ShouldContain("<html lang=\"fr\"");
        account.Name.ShouldBe("Mira Okafor", "nothing else is changed");
        using var stranger = stand.Visit();
        (await stranger.GetAsync("/app/commands/links?search=spring")).Location.ShouldNotBeNull().ShouldStartWith("/app/signin");
    }

    [Fact]
    public async Task Single_keys_are_turned_off_in_the_profile()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        (await visitor.GetAsync("/app/links")).Html.ShouldContain("data-single-keys=\"on\"");
        (await visitor.GetAsync("/app/shortcuts")).Html.ShouldContain("<kbd>C</kbd>");
        await visitor.SubmitAsync("/app/settings", "/app/settings", ("name", "Mira"), ("Locale", "en"), ("singleKeys", "off"));
        var off = await visitor.GetAsync("/app/shortcuts");
        off.Html.ShouldContain("data-single-keys=\"off\"");
        off.Html.ShouldNotContain("<kbd>C</kbd>");
        off.Text.ShouldContain("Single-key shortcuts are off in this browser.");
        await visitor.SubmitAsync("/app/settings", "/app/settings", ("name", "Mira"), ("Locale", "en"), ("singleKeys", "on"));
        (await visitor.GetAsync("/app/links")).Html.ShouldContain("data-single-keys=\"on\"");
    }
}
