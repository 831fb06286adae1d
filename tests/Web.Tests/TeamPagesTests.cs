using System.Net;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>Members and invitations, and the actions that each role is offered.</summary>
[Collection(nameof(WebStand))]
public sealed class TeamPagesTests(WebStand stand)
{
    private const string Path = "/app/team";

    [Fact]
    public async Task Changed_roles_and_removed_members_take_effect_immediately()
    {
        var (team, visitor, member) = await TeamAsync("owner");
        using var _ = visitor;
        using var theirs = await stand.VisitSignedInAsync(member);
        (await theirs.GetAsync("/app/links")).Text.ShouldContain(">New link<");

        var changed = await visitor.FollowAsync(await visitor.SubmitAsync(Path, $"{Path}/members/{member.Id}", ("Role", "viewer")));
        changed.Text.ShouldContain("Role changed: Viewer.");
        team.MemberOf(member)!.Role.ShouldBe("viewer");
        // Their token is refused by then; they continue with a new one, and without the buttons.
        var links = await theirs.GetAsync("/app/links");
        links.Status.ShouldBe(HttpStatusCode.OK);
        links.Text.ShouldNotContain(">New link<");

        (await visitor.GetAsync($"{Path}/members/{member.Id}/remove")).Text.ShouldContain($"{member.Email}");
        team.MemberOf(member).ShouldNotBeNull("a GET removes nobody");
        var removed = await visitor.FollowAsync(await visitor.SubmitAsync($"{Path}/members/{member.Id}/remove", $"{Path}/members/{member.Id}/remove"));
        removed.Text.ShouldContain("Member removed.");
        team.MemberOf(member).ShouldBeNull();
    }

    [Fact]
    public async Task The_last_owner_can_neither_leave_nor_be_demoted_and_sees_what_to_do()
    {
        var (team, visitor, member) = await TeamAsync("owner");
        using var _ = visitor;
        var owner = team.Members[0].Account;
        var left = await visitor.FollowAsync(await visitor.SubmitAsync(Path + "/leave", Path + "/leave"));
        left.Text.ShouldContain("this is the last one. Make someone else an owner first, or delete the workspace.");
        var lowered = await visitor.FollowAsync(await visitor.SubmitAsync(Path, $"{Path}/members/{owner.Id}", ("Role", "member")));
        lowered.Text.ShouldContain("Make someone else an owner first");
        team.MemberOf(owner)!.Role.ShouldBe("owner");

        await visitor.SubmitAsync(Path, $"{Path}/members/{member.Id}", ("Role", "owner"));
        (await visitor.FollowAsync(await visitor.SubmitAsync(Path + "/leave", Path + "/leave"))).Text.ShouldContain($"You have left “{team.Name}”.");
        team.MemberOf(owner).ShouldBeNull();
        (await visitor.GetAsync("/app/links")).Status.ShouldBe(HttpStatusCode.OK, "the user continues in the personal workspace");
    }

    [Fact]
    public async Task Invitations_are_sent_resent_and_withdrawn()
    {
        var (team, visitor, member) = await TeamAsync("admin");
        using var _ = visitor;
        var email = $"new-{Guid.NewGuid():N}@example.com";
        var bad = await visitor.SubmitAsync(Path + "/invite", Path + "/invitations", ("email", "nobody"), ("Role", "viewer"));
        bad.Status.ShouldBe(HttpStatusCode.BadRequest);
        bad.Text.ShouldContain("This is not an e-mail address.");
        bad.Text.ShouldContain("value=\"nobody\"");
        bad.Html.ShouldMatch("value=\"viewer\" checked");
        var known = await visitor.SubmitAsync(Path + "/invite", Path + "/invitations", ("email", member.Email), ("Role", "viewer"));
        known.Text.ShouldMatch("(?s)id=\"field-email-error\".*This person is already a member\\.");

        (await visitor.FollowAsync(await visitor.SubmitAsync(Path + "/invite", Path + "/invitations", ("email", email), ("Role", "viewer")))).Text.ShouldContain($"{email} invited.");
        var invitation = team.Invitations.ShouldHaveSingleItem();
        invitation.Role.ShouldBe("viewer");
        (await visitor.FollowAsync(await visitor.SubmitAsync(Path, $"{Path}/invitations/{invitation.Id}/resend"))).Text.ShouldContain($"A new email is on its way to {email}.");
        invitation.Sent.ShouldBe(2);
        using (stand.Api.Fail("POST", $"/workspaces/{team.Id}/invitations/{invitation.Id}/resend", 429, "rate-limited", retryAfter: 60))
        {
            (await visitor.FollowAsync(await visitor.SubmitAsync(Path, $"{Path}/invitations/{invitation.Id}/resend"))).Text.ShouldContain("Try again in 60 seconds.");
        }

        (await visitor.FollowAsync(await visitor.SubmitAsync(Path, $"{Path}/invitations/{invitation.Id}/withdraw"))).Text.ShouldContain("Invitation withdrawn.");
        team.Invitations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Inviting_with_an_unconfirmed_address_is_refused_with_the_form_kept()
    {
        var (team, visitor, _) = await TeamAsync("owner");
        using var __ = visitor;
        team.Members[0].Account.EmailVerified = false;
        var refused = await visitor.SubmitAsync(Path + "/invite", Path + "/invitations", ("email", "eva@example.com"), ("Role", "admin"));
        refused.Text.ShouldContain("Confirm your email address first");
        refused.Text.ShouldContain("value=\"eva@example.com\"");
    }

    [Fact]
    public async Task With_identity_down_the_invitation_stays_in_the_form()
    {
        var (team, visitor, _) = await TeamAsync("owner");
        using var __ = visitor;
        using (stand.Api.Fail("POST", $"/workspaces/{team.Id}/invitations", 503, "unavailable"))
        {
            var down = await visitor.SubmitAsync(Path + "/invite", Path + "/invitations", ("email", "eva@example.com"), ("Role", "admin"));
            down.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            down.Text.ShouldContain("check whether it was saved before you try again.");
            down.Text.ShouldContain("value=\"eva@example.com\"");
        }
    }

    [Theory]
    [InlineData("viewer")]
    [InlineData("member")]
    public async Task Other_roles_see_the_team_without_buttons_and_are_refused_if_they_try(string role)
    {
        var (team, visitor, member) = await TeamAsync(role);
        using var _ = visitor;
        var page = await visitor.GetAsync(Path);
        page.Text.ShouldContain(member.Email);
        page.Text.ShouldContain($"Only admins and owners can invite people and change roles. You are a {role}.");
        page.Html.ShouldNotContain($"{Path}/members/");
        page.Html.ShouldNotContain($"{Path}/invit");
        page.Html.ShouldNotContain("/app/audit-log");

        var token = Visitor.HiddenFields(page.Html, "/app/signout").ToList();
        var refused = await visitor.PostAsync($"{Path}/members/{member.Id}", [.. token, ("Role", "viewer")]);
        refused.Status.ShouldBe(HttpStatusCode.Forbidden);
        refused.Text.ShouldContain($"This requires the admin role in the workspace “{team.Name}”; you are a {role} there.");
        refused.Text.ShouldContain("Olga Owner can change your role.");
        team.MemberOf(member)!.Role.ShouldBe("member");
    }

    [Fact]
    public async Task A_viewer_sees_links_without_actions_and_every_other_page_names_the_required_role()
    {
        var (team, visitor, _) = await TeamAsync("viewer");
        using var __ = visitor;
        var viewer = team.Members[1].Account;
        Samples.AddTo(stand.Api, viewer);
        var link = viewer.Links[0];
        foreach (var path in new[] { "/", "/app/links", $"/app/links/{link.Id}" })
        {
            var shown = await visitor.GetAsync(path);
            shown.Status.ShouldBe(HttpStatusCode.OK);
            shown.Html.ShouldNotContain("/app/links/new", Case.Sensitive, path);
            foreach (var action in new[] { "/delete", "/edit", "/archive", "/remove", "/duplicate", "/app/links/many" })
            {
                shown.Html.ShouldNotContain(action + "\"", Case.Sensitive, path);
            }

            shown.Html.ShouldNotContain($"action=\"/app/links/{link.Id}\"", Case.Sensitive, path);
        }

        foreach (var (path, role) in new[] { ("/app/links/new", "member"), ($"/app/links/{link.Id}/delete", "member"), ("/app/settings/keys", "member"), ("/app/audit-log", "admin"), ("/app/workspace/delete", "owner") })
        {
            var refused = await visitor.GetAsync(path);
            refused.Status.ShouldBe(HttpStatusCode.Forbidden, path);
            refused.Text.ShouldContain($"This requires the {role} role in the workspace “{team.Name}”; you are a viewer there.");
            refused.Text.ShouldContain("Olga Owner can change your role.");
        }

        var token = Visitor.HiddenFields((await visitor.GetAsync("/app/links")).Html, "/app/signout").ToList();
        var posted = await visitor.PostAsync("/app/links", [.. token, ("url", "https://example.com/")]);
        posted.Status.ShouldBe(HttpStatusCode.Forbidden);
        posted.Text.ShouldContain("This requires the member role");
    }

    /// <param name="role">The visitor's. There are always an owner, Olga, and a member, too.</param>
    private async Task<(FakeApi.Team Team, Visitor Visitor, FakeApi.Account Member)> TeamAsync(string role)
    {
        var owner = stand.NewAccount("Olga Owner");
        var member = stand.NewAccount("Max Member");
        var self = role == "owner" ? owner : stand.NewAccount("Sam Self");
        var team = role == "owner"
            ? stand.Api.AddTeam("Team " + Guid.NewGuid().ToString("N")[..4], (owner, "owner"), (member, "member"))
            : stand.Api.AddTeam("Team " + Guid.NewGuid().ToString("N")[..4], (owner, "owner"), (self, role), (member, "member"));
        return (team, await stand.VisitSignedInAsync(self), member);
    }
}
