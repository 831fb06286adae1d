using System.Net;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>The administration pages, and what users see of operators.</summary>
[Collection(nameof(WebStand))]
public sealed class AdministrationTests(WebStand stand)
{
    private static readonly string[] Pages = ["/app/admin/users", "/app/admin/workspaces", "/app/admin/flags", "/app/admin/flags/new", "/app/admin/announcements", "/app/admin/announcements/new", "/app/admin/revenue", "/app/admin/log"];

    [Fact]
    public async Task Other_users_get_404()
    {
        using var visitor = await stand.VisitSignedInAsync(stand.NewAccount());
        var before = stand.Api.Calls.Count;
        foreach (var page in Pages)
        {
            (await visitor.GetAsync(page)).Status.ShouldBe(HttpStatusCode.NotFound, page);
        }

        stand.Api.Calls.Skip(before).ShouldNotContain(call => call.Path.StartsWith("/api/v1/admin", StringComparison.Ordinal));
        (await visitor.GetAsync("/app/links")).Html.ShouldNotContain("/app/admin");
        using var nobody = stand.Visit();
        (await nobody.GetAsync("/app/admin/users")).Location.ShouldNotBeNull().ShouldStartWith("/app/signin");

        // No longer an operator: the token still claims it until it is renewed, but the API knows.
        var op = stand.Api.Operator();
        using var former = await stand.VisitSignedInAsync(op);
        op.IsOperator = false;
        (await former.GetAsync("/app/admin/users")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("de", "ltr", "Benutzer", "Sperren", "Inhaber")]
    [InlineData("ar", "rtl", "المستخدمون", "تعليق", "مالك")]
    public async Task Pages_are_in_the_operators_language(string language, string direction, string users, string suspend, string owner)
    {
        var account = stand.NewAccount();
        var op = stand.Api.Operator();
        op.Locale = language;
        using var visitor = await stand.VisitSignedInAsync(op);
        foreach (var path in Pages)
        {
            var page = await visitor.GetAsync(path);
            page.Html.ShouldContain($"<html lang=\"{language}\" dir=\"{direction}\"");
            if (path != "/app/admin/announcements/new")
            {
                // In the tabs, which the page of a dialog doesn't have.
                page.Text.ShouldContain(users, customMessage: path);
            }

            page.Text.ShouldNotContain("administration.", customMessage: "a key without a text");
        }

        var person = await visitor.GetAsync($"/app/admin/users/{account.Id}");
        person.Text.ShouldContain(suspend);
        person.Text.ShouldContain(owner);
        person.Html.ShouldContain($"dir=\"ltr\">{account.Id}</code>");
    }

    [Fact]
    public async Task Without_a_second_factor_an_operator_is_asked_to_add_one()
    {
        var op = stand.Api.Operator();
        using var visitor = await stand.VisitSignedInAsync(op);
        using var _ = stand.Api.Fail("GET", "/admin", 403, "two-factor-enrollment-required", whose: op);
        (await visitor.GetAsync("/app/admin/users")).Location.ShouldNotBeNull().ShouldContain("/app/security");
    }

    [Fact]
    public async Task A_user_is_found_suspended_with_a_reason_and_restored()
    {
        var account = stand.NewAccount("Sam <b>Spam</b>");
        using var visitor = await stand.VisitSignedInAsync(stand.Api.Operator());
        var list = await visitor.GetAsync("/app/admin/users?search=" + account.Email[..20]);
        list.Text.ShouldContain(account.Email);
        list.Html.ShouldNotContain("<b>Spam</b>");
        var page = $"/app/admin/users/{account.Id}";

        var refused = await visitor.SubmitAsync(page, page + "/suspend", ("Reason", ""));
        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Text.ShouldContain("From 1 to 500 printable characters.");

        (await visitor.SubmitAsync(page, page + "/suspend", ("Reason", "spam"))).Location.ShouldBe(page);
        account.SuspendedBecause.ShouldBe("spam");
        (await visitor.GetAsync(page)).Text.ShouldContain("suspended");
        (await visitor.GetAsync("/app/admin/users?suspended=true&search=" + account.Email[..20])).Text.ShouldContain(account.Email);
        (await visitor.SubmitAsync(page, page + "/restore", ("Reason", "a mistake"))).Location.ShouldBe(page);
        account.SuspendedBecause.ShouldBeNull();

        (await visitor.SubmitAsync(page, page + "/sign-out")).Location.ShouldBe(page);
        account.FamilyRevoked.ShouldBeTrue();
    }

    [Fact]
    public async Task Sensitive_actions_wait_until_the_operator_has_confirmed_their_identity()
    {
        var account = stand.NewAccount();
        var op = stand.Api.Operator();
        using var visitor = await stand.VisitSignedInAsync(op);
        op.State.IsRecent = false;
        var page = $"/app/admin/users/{account.Id}";
        (await visitor.SubmitAsync(page, page + "/suspend", ("Reason", "spam"))).Location.ShouldNotBeNull().ShouldStartWith("/app/confirm");
        account.SuspendedBecause.ShouldBeNull();
    }

    [Fact]
    public async Task A_workspace_is_suspended_and_restored()
    {
        var account = stand.NewAccount();
        var team = stand.Api.CurrentOf(account);
        using var visitor = await stand.VisitSignedInAsync(stand.Api.Operator());
        var page = $"/app/admin/workspaces/{team.Id}";
        (await visitor.SubmitAsync(page, page + "/suspend", ("Reason", "phishing"))).Location.ShouldBe(page);
        team.SuspendedBecause.ShouldBe("phishing");
        (await visitor.SubmitAsync(page, page + "/restore", ("Reason", "clean"))).Location.ShouldBe(page);
        team.SuspendedBecause.ShouldBeNull();
    }

    [Fact]
    public async Task Rules_of_a_flag_are_created_changed_and_removed()
    {
        using var visitor = await stand.VisitSignedInAsync(stand.Api.Operator());
        var name = "flag-" + Guid.NewGuid().ToString("N");
        var person = Guid.NewGuid();
        var bad = await visitor.SubmitAsync("/app/admin/flags/new", "/app/admin/flags", ("name", name), ("enabled", "on"), ("subject", "user"), ("rules[0].percentage", "120"));
        bad.Status.ShouldBe(HttpStatusCode.BadRequest);
        bad.Text.ShouldContain("From 0 to 100.");
        bad.Text.ShouldContain(name);
        (await visitor.SubmitAsync("/app/admin/flags/new", "/app/admin/flags", ("name", name), ("subject", "user"), ("rules[0].percentage", "many"))).Text.ShouldContain("A number from 0 to 100.");
        (await visitor.SubmitAsync("/app/admin/flags/new", "/app/admin/flags", ("name", name), ("subject", "user"), ("variants", "only a name here"))).Text.ShouldContain("Each line must have");

        (await visitor.SubmitAsync("/app/admin/flags/new", "/app/admin/flags", ("name", name), ("enabled", "on"), ("subject", "workspace"), ("rules[0].percentage", "12,5 %"),
            ("rules[1].plans", "pro, business"), ("rules[1].users", $"{person}\n"), ("variants", "short 1\r\nlong 3"))).Location.ShouldBe($"/app/admin/flags/{name}");
        var shown = await visitor.GetAsync($"/app/admin/flags/{name}");
        shown.Html.ShouldContain("value=\"12.5\"");
        shown.Text.ShouldContain(person.ToString());
        shown.Text.ShouldContain("long 3");
        shown.Text.ShouldContain("31.8 %", customMessage: "the comparison");

        // The first rule was emptied, so the second moves up.
        (await visitor.SubmitAsync($"/app/admin/flags/{name}", "/app/admin/flags", ("enabled", "on"), ("subject", "user"), ("rules[1].plans", "pro"))).Location.ShouldBe($"/app/admin/flags/{name}");
        shown = await visitor.GetAsync($"/app/admin/flags/{name}");
        shown.Html.ShouldNotContain("value=\"12.5\"");
        (await visitor.SubmitAsync($"/app/admin/flags/{name}", $"/app/admin/flags/{name}/delete")).Location.ShouldBe("/app/admin/flags");
        (await visitor.GetAsync($"/app/admin/flags/{name}")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Users_and_workspaces_of_a_rule_are_picked_by_name()
    {
        using var visitor = await stand.VisitSignedInAsync(stand.Api.Operator());
        var family = "Zz" + Guid.NewGuid().ToString("N")[..8];
        var (ann, bob) = (stand.NewAccount($"Ann {family}"), stand.NewAccount($"Bob {family}"));
        var team = stand.Api.AddTeam($"Team {family}", (ann, "owner"));
        var name = "flag-" + Guid.NewGuid().ToString("N");
        const string page = "/app/admin/flags/new", flags = "/app/admin/flags";
        (string, string)[] form = [("name", name), ("enabled", "on"), ("subject", "user")];

        // Several match: the form comes back with them. None match: an error. Nothing is saved.
        var several = await visitor.SubmitAsync(page, flags, [.. form, ("rules[0].users.add", family)]);
        several.Status.ShouldBe(HttpStatusCode.BadRequest);
        several.Text.ShouldContain("Several match. Choose one.");
        several.Text.ShouldContain($"Bob {family} ({bob.Email})");
        (await visitor.SubmitAsync(page, flags, [.. form, ("rules[0].workspaces.add", "nothing like it")])).Text.ShouldContain("No workspace matches.");
        (await visitor.GetAsync($"/app/admin/flags/{name}")).Status.ShouldBe(HttpStatusCode.NotFound);

        // "Add" shows the name; saving takes it, too.
        var added = await visitor.SubmitAsync(page, flags, [.. form, ("rules[0].users.add", $"Ann {family} ({ann.Email})"), ("act", "add")]);
        added.Status.ShouldBe(HttpStatusCode.OK);
        added.Html.ShouldContain($"name=\"rules[0].users\" value=\"{ann.Id}\" checked");
        (await visitor.SubmitAsync(page, flags, [.. form, ("rules[0].users", ann.Id.ToString()), ("rules[0].users.add", bob.Email), ("rules[0].workspaces.add", team.Name)])).Location.ShouldBe($"{flags}/{name}");
        var saved = await visitor.GetAsync($"{flags}/{name}");
        saved.Text.ShouldContain($"Ann {family} ({ann.Email})");
        saved.Text.ShouldContain($"Bob {family} ({bob.Email})");
        saved.Text.ShouldContain(team.Name);

        // What the browser offers while typing, and the log by names.
        (await visitor.GetAsync($"/app/admin/pick/users?rules%5B0%5D.users.add={family}")).Text.ShouldContain($"<option value=\"Bob {family} ({bob.Email})\">");
        (await visitor.GetAsync($"/app/admin/pick/workspaces?workspaceId={family}")).Text.ShouldContain(team.Name);
        var log = await visitor.GetAsync($"/app/admin/log?target={Uri.EscapeDataString(ann.Email)}&workspaceId={Uri.EscapeDataString(team.Name)}");
        log.Text.ShouldContain("Olga</b> suspended an account");
        stand.Api.Calls.ShouldContain(call => call.Path == "/api/v1/admin/audit-log" && call.Query.Contains(ann.Id.ToString()) && call.Query.Contains(team.Id.ToString()));
        (await visitor.GetAsync($"/app/admin/log?target={family}")).Html.ShouldContain($"/app/admin/log?target=user%3A{bob.Id}");
    }

    [Fact]
    public async Task An_announcement_is_created_shown_to_everybody_and_dismissed_by_one_user()
    {
        await using var web = WebApp.Start(stand.Api, stand.Redis);
        using var visitor = new Visitor(web.Address);
        var op = stand.Api.Operator();
        await visitor.SignInAsync(op.Email, op.Password);
        var text = "Tonight <at> ten " + Guid.NewGuid().ToString("N");
        (await visitor.SubmitAsync("/app/admin/announcements/new", "/app/admin/announcements", ("Level", "info"))).Text.ShouldContain("The English text is required.");
        (await visitor.SubmitAsync("/app/admin/announcements/new", "/app/admin/announcements", ("Level", "info"), ("En", "a"), ("EndsAt", "never"))).Text.ShouldContain("Must be a date and time");
        (await visitor.SubmitAsync("/app/admin/announcements/new", "/app/admin/announcements", ("Level", "warning"), ("En", text))).Location.ShouldBe("/app/admin/announcements");

        // A replica that hasn't loaded them yet.
        await using var other = WebApp.Start(stand.Api, stand.Redis);
        using var nobody = new Visitor(other.Address);
        (await nobody.GetAsync("/app/signin")).Text.ShouldContain(text);
        using var reader = new Visitor(other.Address);
        var account = stand.NewAccount();
        await reader.SignInAsync(account.Email, account.Password);
        var links = await reader.GetAsync("/app/links");
        links.Text.ShouldContain(text);
        links.Html.ShouldNotContain("<at>");
        var id = System.Text.RegularExpressions.Regex.Match(links.Html, "/app/announcements/([0-9a-f-]{36})/dismiss").Groups[1].Value;
        (await reader.SubmitAsync("/app/links", $"/app/announcements/{id}/dismiss")).Location.ShouldBe("/app/links");
        account.Dismissed.ShouldContain(Guid.Parse(id));
        (await visitor.SubmitAsync("/app/admin/announcements", $"/app/admin/announcements/{id}/delete")).Location.ShouldBe("/app/admin/announcements");
    }

    [Fact]
    public async Task Pages_are_shown_without_announcements_if_the_api_does_not_answer()
    {
        var account = stand.NewAccount();
        await using var web = WebApp.Start(stand.Api, stand.Redis);
        using var visitor = new Visitor(web.Address);
        await visitor.SignInAsync(account.Email, account.Password);
        using var _ = stand.Api.Fail("GET", "/announcements", 503, "unavailable", whose: account);
        (await visitor.GetAsync("/app/links")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_operator_views_an_account_with_its_owners_consent_and_stops()
    {
        var account = stand.NewAccount();
        stand.Api.AddLink(account, "theirs1", "https://example.com/of-theirs", "Their own link");
        using var owner = await stand.VisitSignedInAsync(account);
        using var visitor = await stand.VisitSignedInAsync(stand.Api.Operator());
        var page = $"/app/admin/users/{account.Id}";
        (await visitor.GetAsync(page)).Html.ShouldNotContain(page + "/view");

        (await owner.SubmitAsync("/app/support-access", "/app/support-access", ("Hours", "24"))).Location.ShouldBe("/app/support-access");
        account.ViewAllowedUntil.ShouldNotBeNull();
        (await visitor.SubmitAsync(page, page + "/view")).Location.ShouldBe("/app/links");
        var links = await visitor.GetAsync("/app/links");
        links.Text.ShouldContain("Their own link");
        links.Text.ShouldContain("You are viewing as");
        links.Text.ShouldContain(account.Email);
        // The API refuses writes, and the page explains it.
        (await visitor.SubmitAsync("/app/links/new", "/app/links", ("url", "https://example.com/"))).Status.ShouldBe(HttpStatusCode.Forbidden);
        account.Links.Count.ShouldBe(1);

        (await visitor.SubmitAsync("/app/links", "/app/viewing/stop")).Location.ShouldBe("/app/admin/users");
        (await visitor.GetAsync("/app/links")).Text.ShouldNotContain("Their own link");

        // Again, and this time the owner ends it.
        (await visitor.SubmitAsync(page, page + "/view")).Location.ShouldBe("/app/links");
        (await owner.SubmitAsync("/app/support-access", "/app/support-access/withdraw")).Location.ShouldBe("/app/support-access");
        var over = await visitor.GetAsync("/app/links");
        over.Text.ShouldNotContain("Their own link");
        over.Text.ShouldContain("no longer viewing this account");
        var after = await visitor.GetAsync("/app/links");
        after.Status.ShouldBe(HttpStatusCode.OK);
        after.Text.ShouldNotContain("You are viewing as");
        (await visitor.GetAsync(page)).Status.ShouldBe(HttpStatusCode.OK, "the operator is still signed in");
    }
}
