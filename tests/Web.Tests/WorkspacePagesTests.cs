using System.Net;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>Switching, creating, changing, transferring and deleting workspaces, without script.</summary>
[Collection(nameof(WebStand))]
public sealed class WorkspacePagesTests(WebStand stand)
{
    private const string Settings = "/app/workspace";

    [Fact]
    public async Task The_switcher_lists_the_workspaces_and_switches_to_another_and_to_a_new_one()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        var team = stand.Api.AddTeam("Night <shift>", (account, "member"));
        account.WorkspaceId = null;

        var links = await visitor.GetAsync("/app/links");
        links.Html.ShouldContain("Night &lt;shift&gt;");
        links.Html.ShouldMatch("(?s)aria-current=\"true\">.{0,200}P</span>.{0,200}Personal");
        var switched = await visitor.FollowAsync(await visitor.SubmitAsync("/app/links", $"/app/workspaces/{team.Id}/switch"));
        switched.Text.ShouldContain("Switched to “Night <shift>”.");
        account.WorkspaceId.ShouldBe(team.Id);

        var created = await visitor.FollowAsync(await visitor.SubmitAsync("/app/workspaces/new", "/app/workspaces", ("name", "Day shift")));
        created.Text.ShouldContain("“Day shift” created.");
        created.Text.ShouldContain("<h1>Team</h1>");
        stand.Api.CurrentOf(account).Name.ShouldBe("Day shift");
    }

    [Fact]
    public async Task A_refused_workspace_keeps_the_input_and_shows_the_reason()
    {
        using var visitor = await stand.VisitSignedInAsync(stand.NewAccount());
        var empty = await visitor.SubmitAsync("/app/workspaces/new", "/app/workspaces", ("name", " "));
        empty.Status.ShouldBe(HttpStatusCode.BadRequest);
        empty.Text.ShouldContain("This is required.");
        using (stand.Api.Fail("POST", "/workspaces", 402, "plan-limit-reached", "\"detail\":\"Your plan has 3 workspaces.\""))
        {
            var refused = await visitor.SubmitAsync("/app/workspaces/new", "/app/workspaces", ("name", "Fourth"));
            refused.Text.ShouldContain("Your plan has 3 workspaces.");
            refused.Text.ShouldContain("value=\"Fourth\"");
        }

        using (stand.Api.Fail("POST", "/workspaces", 503, "unavailable"))
        {
            var down = await visitor.SubmitAsync("/app/workspaces/new", "/app/workspaces", ("name", "Fifth"));
            down.Text.ShouldContain("isn't responding right now");
            down.Text.ShouldContain("value=\"Fifth\"");
        }
    }

    [Fact]
    public async Task A_workspace_that_requires_two_factors_leads_to_their_setup()
    {
        var account = stand.NewAccount();
        using var visitor = await stand.VisitSignedInAsync(account);
        var team = stand.Api.AddTeam("Vault", (account, "member"));
        team.RequireTwoFactor = true;
        account.WorkspaceId = null;

        (await visitor.SubmitAsync("/app/links", $"/app/workspaces/{team.Id}/switch")).Location.ShouldNotBeNull().ShouldStartWith("/app/security/required");
        stand.Api.CurrentOf(account).Name.ShouldNotBe("Vault");
    }

    [Fact]
    public async Task Renaming_after_a_concurrent_change_keeps_the_input()
    {
        var (owner, team, visitor) = await OwnerAsync();
        using var _ = visitor;
        var form = Visitor.HiddenFields((await visitor.GetAsync(Settings)).Html, Settings).ToList();
        team.Name = "Faster";
        team.Version++;

        var lost = await visitor.PostAsync(Settings, [.. form, ("name", "Slower")]);
        lost.Status.ShouldBe(HttpStatusCode.PreconditionFailed);
        lost.Text.ShouldContain("Its name is now “Faster”.");
        lost.Text.ShouldContain("value=\"Slower\"");
        var again = await visitor.PostAsync(Settings, [.. Visitor.HiddenFields(lost.Html, Settings), ("name", "Slower")]);
        (await visitor.FollowAsync(again)).Text.ShouldContain("Saved.");
        team.Name.ShouldBe("Slower");
        owner.Email.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Requiring_two_factors_is_a_button_that_first_asks_the_owner_to_set_one_up()
    {
        var (_, team, visitor) = await OwnerAsync();
        using var __ = visitor;
        (await visitor.FollowAsync(await visitor.SubmitAsync(Settings, Settings + "/two-factor"))).Text.ShouldContain("Two-factor authentication is now required.");
        team.RequireTwoFactor.ShouldBeTrue();
        (await visitor.FollowAsync(await visitor.SubmitAsync(Settings, Settings + "/two-factor"))).Text.ShouldContain("Two-factor authentication is no longer required.");
        team.RequireTwoFactor.ShouldBeFalse();
        using (stand.Api.Fail("PATCH", "/workspaces", 403, "two-factor-enrollment-required"))
        {
            (await visitor.FollowAsync(await visitor.SubmitAsync(Settings, Settings + "/two-factor"))).Text.ShouldContain("you would lock yourself out");
        }
    }

    [Fact]
    public async Task Deleting_asks_for_the_name_explains_the_consequences_and_can_be_undone_from_every_page()
    {
        var (_, team, visitor) = await OwnerAsync();
        using var __ = visitor;
        var page = await visitor.GetAsync(Settings + "/delete");
        page.Text.ShouldContain("any owner can restore it");
        page.Text.ShouldContain($"Until {TimeProvider.System.GetUtcNow().AddDays(30):d MMM yyyy}");

        var mistyped = await visitor.SubmitAsync(Settings + "/delete", Settings + "/delete", ("confirmation", "something else"));
        mistyped.Status.ShouldBe(HttpStatusCode.BadRequest);
        mistyped.Text.ShouldContain($"Type “{team.Name}” exactly as shown.");
        mistyped.Text.ShouldContain("value=\"something else\"");
        team.DeletionScheduledAt.ShouldBeNull();

        var deleted = await visitor.FollowAsync(await visitor.SubmitAsync(Settings + "/delete", Settings + "/delete", ("confirmation", team.Name.ToUpperInvariant())));
        deleted.Text.ShouldContain("Until then, you can restore it.");
        team.DeletionScheduledAt.ShouldNotBeNull();

        // The previous tokens are refused by then, and the session continues with new ones. No action is offered that would fail.
        foreach (var path in new[] { "/app/links", "/app/team", "/app/settings/keys", Settings })
        {
            var shown = await visitor.GetAsync(path);
            shown.Text.ShouldContain($"“{team.Name}” will be deleted on", Case.Sensitive, path);
            shown.Text.ShouldNotContain(">New link<", Case.Sensitive, path);
            shown.Html.ShouldNotContain("/app/team/invite");
            shown.Html.ShouldNotContain("/app/settings/keys/new");
            shown.Html.ShouldNotContain("/app/links/new");
            shown.Html.ShouldNotContain("action=\"/app/workspace\"");
        }

        var posted = await visitor.PostAsync("/app/links", [.. Visitor.HiddenFields((await visitor.GetAsync("/app/links")).Html, "/app/workspace/restore"), ("url", "https://example.com/")]);
        posted.Status.ShouldBe(HttpStatusCode.Forbidden);
        posted.Text.ShouldContain("is scheduled for deletion, so it is read-only");

        (await visitor.FollowAsync(await visitor.SubmitAsync("/app/links", "/app/workspace/restore"))).Text.ShouldContain($"“{team.Name}” restored.");
        team.DeletionScheduledAt.ShouldBeNull();
        (await visitor.GetAsync("/app/links")).Text.ShouldNotContain("will be deleted on");
    }

    [Fact]
    public async Task Other_roles_see_the_banner_without_its_button()
    {
        var member = stand.NewAccount();
        var team = stand.Api.AddTeam("Ending", (stand.NewAccount("Olga Owner"), "owner"), (member, "member"));
        using var visitor = await stand.VisitSignedInAsync(member);
        stand.Api.ScheduleDeletion(team);

        var links = await visitor.GetAsync("/app/links");
        links.Text.ShouldContain("“Ending” will be deleted on");
        links.Text.ShouldContain("An owner can restore it.");
        links.Html.ShouldNotContain("/app/workspace/restore");
    }

    [Theory]
    [InlineData("/delete")]
    [InlineData("/transfer")]
    public async Task Actions_that_require_a_recent_sign_in_continue_by_themselves_after_the_confirmation(string page)
    {
        var (owner, team, visitor) = await OwnerAsync();
        using var _ = visitor;
        owner.State.IsRecent = false;
        var asked = await visitor.SubmitAsync(Settings + page, Settings + page, ("confirmation", team.Name), ("To", team.Members[1].Account.Id.ToString()));
        asked.Location.ShouldNotBeNull().ShouldStartWith("/app/confirm?step=");
        (team.DeletionScheduledAt, team.MemberOf(owner)!.Role).ShouldBe((null, "owner"));

        var resume = await visitor.FollowAsync(await visitor.SubmitAsync(asked.Location, "/app/confirm", ("password", owner.Password)));
        var done = await visitor.FollowAsync(await visitor.PostAsync(Settings + page, Visitor.HiddenFields(resume.Html, Settings + page)));
        done.Text.ShouldContain(page == "/delete" ? "will be deleted on" : "transferred. You are now an admin.");
        (team.DeletionScheduledAt is not null || team.MemberOf(owner)!.Role == "admin").ShouldBeTrue();
    }

    [Fact]
    public async Task A_transfer_makes_the_other_member_owner_and_the_previous_owner_an_admin()
    {
        var (owner, team, visitor) = await OwnerAsync();
        using var _ = visitor;
        var page = Settings + "/transfer";
        var to = team.Members[1].Account;
        foreach (var nobody in new[] { "", "Nobody Here" })
        {
            (await visitor.SubmitAsync(page, page, ("To", nobody))).Text.ShouldContain("Choose the new owner.");
        }

        (await visitor.GetAsync(page)).Text.ShouldContain($"<option value=\"{to.Name} ({to.Email})\">");
        var done = await visitor.FollowAsync(await visitor.SubmitAsync(page, page, ("To", $"{to.Name} ({to.Email})")));
        done.Text.ShouldContain("transferred. You are now an admin.");
        (team.MemberOf(owner)!.Role, team.Members[1].Role).ShouldBe(("admin", "owner"));
        (await visitor.GetAsync(Settings)).Html.ShouldNotContain("/app/workspace/transfer");
    }

    [Fact]
    public async Task With_identity_down_links_keep_working_and_the_settings_offer_a_retry()
    {
        var (owner, _, visitor) = await OwnerAsync();
        using var __ = visitor;
        Samples.AddTo(stand.Api, owner);
        using (stand.Api.Fail("GET", "/workspaces", 503, "unavailable"))
        {
            var links = await visitor.GetAsync("/app/links");
            links.Status.ShouldBe(HttpStatusCode.OK);
            links.Text.ShouldContain("Autumn catalogue");
            links.Text.ShouldContain("The list is temporarily unavailable.");
            links.Text.ShouldContain(">New link<", Case.Sensitive, "the token claims owner");
            var settings = await visitor.GetAsync(Settings);
            settings.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            settings.Html.ShouldContain("href=\"/app/workspace\"");
            settings.Text.ShouldContain("Try again");
        }
    }

    [Fact]
    public async Task A_personal_workspace_can_not_be_deleted_or_transferred()
    {
        using var visitor = await stand.VisitSignedInAsync(stand.NewAccount());
        var page = await visitor.GetAsync(Settings);
        page.Text.ShouldContain("It belongs to your account");
        page.Html.ShouldNotContain("/app/workspace/delete");
        page.Html.ShouldNotContain("/app/workspace/two-factor");
        // By its address, the page says the same.
        var delete = await visitor.GetAsync(Settings + "/delete");
        delete.Text.ShouldContain("It belongs to your account and is deleted with it");
        delete.Html.ShouldNotContain("action=\"/app/workspace/delete\"");
    }

    private async Task<(FakeApi.Account Owner, FakeApi.Team Team, Visitor Visitor)> OwnerAsync()
    {
        var owner = stand.NewAccount("Olga Owner");
        var team = stand.Api.AddTeam("Marketing " + Guid.NewGuid().ToString("N")[..4], (owner, "owner"), (stand.NewAccount("Hanna Heir"), "member"));
        return (owner, team, await stand.VisitSignedInAsync(owner));
    }
}
