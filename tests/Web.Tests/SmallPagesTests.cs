using System.Net;
using System.Text.RegularExpressions;
using LinkShort.Web.Tests.Stand;
using Catalogue = LinkShort.Contracts.Problems;

namespace LinkShort.Web.Tests;

[Collection(nameof(WebStand))]
public sealed class SmallPagesTests(WebStand stand)
{
    [Fact]
    public async Task Every_problem_type_has_its_page_and_the_list_leads_to_it()
    {
        using var visitor = stand.Visit();
        var list = await visitor.GetAsync("/problems/");

        foreach (var problem in Catalogue.All.Values)
        {
            var page = await visitor.GetAsync(problem.Type);
            page.Status.ShouldBe(HttpStatusCode.OK);
            page.Text.ShouldContain($"<h1>{problem.Title}</h1>");
            list.Html.ShouldContain($"href=\"{problem.Type}\"");
        }

        (await visitor.GetAsync("/problems/never-heard-of")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_api_key_is_shown_once_listed_and_revoked()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);

        var made = await visitor.SubmitAsync("/app/settings/keys/new", "/app/settings/keys", ("name", "CI <job>"), ("Scopes", "links:read"), ("Days", "30"));
        made.Status.ShouldBe(HttpStatusCode.SeeOther);
        var shown = await visitor.FollowAsync(made);
        var key = Regex.Match(shown.Html, "ls_live_[0-9a-f]{32}").Value;
        key.ShouldNotBeEmpty();
        shown.CacheControl.ShouldContain("no-store");

        var again = await visitor.GetAsync("/app/settings/keys");
        again.Html.ShouldNotContain(key);
        again.Html.ShouldContain("CI &lt;job&gt;");

        var id = account.Keys.ShouldHaveSingleItem()["id"]!.GetValue<Guid>();
        var revoke = $"/app/settings/keys/{id}/revoke";
        (await visitor.FollowAsync(await visitor.SubmitAsync(revoke, revoke))).Text.ShouldContain("Key revoked.");
        account.Keys.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_key_without_scopes_is_refused_at_the_choices()
    {
        using var visitor = await stand.VisitSignedInAsync(stand.NewAccount());

        var refused = await visitor.SubmitAsync("/app/settings/keys/new", "/app/settings/keys", ("name", "Nothing"), ("Days", "30"));

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text.ShouldContain("Choose at least one.");
        refused.Text.ShouldContain("value=\"Nothing\"");
    }

    [Fact]
    public async Task Files_are_served_under_app_assets_with_names_that_may_be_cached_forever()
    {
        using var visitor = stand.Visit();
        var home = (await visitor.GetAsync("/")).Html;

        var files = Regex.Matches(home, "(?:href|src|data-chart-library)=\"(/app/assets/[^\"]+)\"").Select(match => match.Groups[1].Value).Distinct().ToArray();

        files.Length.ShouldBeGreaterThan(6);
        foreach (var file in files)
        {
            var answer = await visitor.GetAsync(file);
            answer.Status.ShouldBe(HttpStatusCode.OK, file);
        }

        foreach (var name in new[] { "app", "site", "htmx", "charts" })
        {
            files.ShouldContain(file => Regex.IsMatch(file, $"/{Regex.Escape(name)}\\.[a-z0-9]{{10}}\\.(css|js)$"), $"{name} has a fingerprint");
        }

        (await visitor.GetAsync("/favicon.ico")).Response.Content.Headers.ContentType!.MediaType.ShouldBe("image/x-icon");
        (await visitor.GetAsync("/robots.txt")).Text.ShouldContain("Disallow: /");
    }

    [Fact]
    public async Task The_theme_can_be_changed_without_script()
    {
        using var visitor = stand.Visit();
        (await visitor.GetAsync("/")).Html.ShouldNotContain("data-bs-theme");

        var changed = await visitor.FollowAsync(await visitor.GetAsync("/app/theme?to=dark&returnUrl=%2F"));
        changed.Html.ShouldContain("data-bs-theme=\"dark\"");
        (await visitor.GetAsync("/app/theme?to=nonsense&returnUrl=%2F%2Fevil.example")).Location.ShouldBe("/app/links");
    }

    [Fact]
    public async Task No_page_has_script_or_style_in_its_markup()
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        using var visitor = await stand.VisitSignedInAsync(account);

        foreach (var path in new[] { "/", "/app/links", "/app/links/new", $"/app/links/{account.Links[0].Id}", "/app/settings/keys", "/problems/validation", "/app/nothing" })
        {
            var html = (await visitor.GetAsync(path)).Html;
            html.ShouldNotMatch("<style", path);
            html.ShouldNotMatch("\\sstyle=", path);
            html.ShouldNotMatch("\\son[a-z]+=", path);
            html.ShouldNotMatch("<script(?![^>]*src=)", path);
        }
    }

    [Fact]
    public async Task Health_is_answered_without_a_session()
    {
        using var visitor = stand.Visit();
        (await visitor.GetAsync("/health")).Status.ShouldBe(HttpStatusCode.OK);
        (await visitor.GetAsync("/alive")).Status.ShouldBe(HttpStatusCode.OK);
    }
}
