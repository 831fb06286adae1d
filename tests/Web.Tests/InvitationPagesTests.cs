using System.Net;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>The page that an invitation email links to.</summary>
[Collection(nameof(WebStand))]
public sealed class InvitationPagesTests(WebStand stand)
{
    private const string Path = "/app/invitations";

    [Fact]
    public async Task A_GET_changes_nothing_and_one_click_accepts()
    {
        var (team, invitation, guest) = Invited();
        using var visitor = await stand.VisitSignedInAsync(guest);
        for (var look = 0; look < 3; look++)
        {
            var page = await visitor.GetAsync(Page(invitation));
            page.Text.ShouldContain("Olga Owner");
            page.Text.ShouldContain($"“{team.Name}”");
            page.Text.ShouldContain("Creates and edits links.");
            page.Response.Headers.GetValues("Referrer-Policy").ShouldContain("no-referrer");
        }

        team.Invitations.ShouldHaveSingleItem();
        var accepted = await visitor.FollowAsync(await visitor.SubmitAsync(Page(invitation), Path + "/accept"));
        accepted.Text.ShouldContain($"Welcome to “{team.Name}”. You are a member of it.");
        team.MemberOf(guest)!.Role.ShouldBe("member");
        stand.Api.CurrentOf(guest).ShouldBe(team);

        var used = await visitor.GetAsync(Page(invitation));
        used.Status.ShouldBe(HttpStatusCode.Gone);
        used.Text.ShouldContain("This invitation is no longer valid");
    }

    [Fact]
    public async Task Signed_out_visitors_sign_in_and_return()
    {
        var (team, invitation, guest) = Invited();
        using var visitor = stand.Visit();
        var page = await visitor.GetAsync(Page(invitation));
        var back = Uri.EscapeDataString(Page(invitation));
        page.Html.ShouldContain($"href=\"/app/signin?returnUrl={back}\"");
        page.Html.ShouldContain($"href=\"/app/signup?returnUrl={back}\"");
        page.Html.ShouldNotContain(Path + "/accept");

        var signedIn = await visitor.SubmitAsync($"/app/signin?returnUrl={back}", "/app/signin", ("email", guest.Email), ("password", guest.Password));
        signedIn.Location.ShouldBe(Page(invitation));
        await visitor.SubmitAsync(Page(invitation), Path + "/accept");
        team.MemberOf(guest).ShouldNotBeNull();
    }

    [Fact]
    public async Task For_another_address_the_page_explains_what_to_do_and_leads_to_the_other_account()
    {
        var (team, invitation, guest) = Invited();
        var stranger = stand.NewAccount("Sid Stranger");
        using var visitor = await stand.VisitSignedInAsync(stranger);
        var page = await visitor.GetAsync(Page(invitation));
        page.Text.ShouldContain($"You are signed in as <strong class=\"break\" dir=\"ltr\">{stranger.Email}</strong>");
        page.Html.ShouldNotContain(Path + "/accept");

        // Submitted anyway.
        var refused = await visitor.PostAsync(Path + "/accept", Visitor.HiddenFields(page.Html, Path + "/decline"));
        refused.Status.ShouldBe(HttpStatusCode.Forbidden);
        refused.Text.ShouldContain("but the invitation is for");
        team.Members.Count.ShouldBe(1);

        var other = await visitor.SubmitAsync(Page(invitation), Path + "/other-account");
        other.Location.ShouldBe("/app/signin?returnUrl=" + Uri.EscapeDataString(Page(invitation)));
        var signedIn = await visitor.SubmitAsync(other.Location!, "/app/signin", ("email", guest.Email), ("password", guest.Password));
        signedIn.Location.ShouldBe(Page(invitation));
    }

    [Fact]
    public async Task An_unconfirmed_address_is_confirmed_first()
    {
        var (team, invitation, guest) = Invited();
        guest.EmailVerified = false;
        using var visitor = await stand.VisitSignedInAsync(guest);
        var refused = await visitor.SubmitAsync(Page(invitation), Path + "/accept");
        refused.Status.ShouldBe(HttpStatusCode.Forbidden);
        refused.Text.ShouldContain("Then return to this page and accept.");
        guest.EmailVerified = true;
        (await visitor.PostAsync(Path + "/accept", Visitor.HiddenFields(refused.Html, Path + "/accept"))).Location.ShouldBe("/app/links");
        team.MemberOf(guest).ShouldNotBeNull();
    }

    [Fact]
    public async Task Declining_needs_no_account_and_invalidates_the_link()
    {
        var (team, invitation, _) = Invited();
        using var visitor = stand.Visit();
        (await visitor.SubmitAsync(Page(invitation), Path + "/decline")).Text.ShouldContain("Invitation declined");
        team.Invitations.ShouldBeEmpty();
        (await visitor.GetAsync(Page(invitation))).Status.ShouldBe(HttpStatusCode.Gone);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?token=")]
    [InlineData("?token=nonsense")]
    [InlineData("?token=%3Cscript%3E")]
    public async Task An_invalid_invitation_gets_a_clear_page(string query)
    {
        using var visitor = stand.Visit();
        var page = await visitor.GetAsync(Path + query);
        page.Status.ShouldBe(HttpStatusCode.Gone);
        page.Text.ShouldContain("Ask the person who invited you for a new one.");
    }

    [Fact]
    public async Task Expired_withdrawn_and_replaced_invitations_get_it_too_even_if_the_page_is_open()
    {
        var (team, invitation, guest) = Invited();
        using var visitor = await stand.VisitSignedInAsync(guest);
        var fields = Visitor.HiddenFields((await visitor.GetAsync(Page(invitation))).Html, Path + "/accept").ToList();
        var address = Page(invitation);
        invitation.ExpiresAt = TimeProvider.System.GetUtcNow().AddMinutes(-1);
        (await visitor.GetAsync(address)).Status.ShouldBe(HttpStatusCode.Gone);
        invitation.ExpiresAt = TimeProvider.System.GetUtcNow().AddDays(1);
        invitation.Token = FakeApi.Invitation.NewToken();
        (await visitor.GetAsync(address)).Status.ShouldBe(HttpStatusCode.Gone);
        team.Invitations.Clear();
        var late = await visitor.PostAsync(Path + "/accept", fields);
        late.Status.ShouldBe(HttpStatusCode.Gone);
        late.Text.ShouldContain("This invitation is no longer valid");
    }

    [Fact]
    public async Task With_identity_down_the_page_can_be_retried_and_the_invitation_is_not_lost()
    {
        var (team, invitation, guest) = Invited();
        using var visitor = await stand.VisitSignedInAsync(guest);
        using (stand.Api.Fail("POST", "/invitations/preview", 503, "unavailable"))
        {
            var down = await visitor.GetAsync(Page(invitation));
            down.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            down.Html.ShouldContain($"href=\"{Page(invitation)}\"");
        }

        using (stand.Api.Fail("POST", "/invitations/preview", 429, "rate-limited", retryAfter: 600))
        {
            // The gateway counts previews of invitations as calls.
            var often = await visitor.GetAsync(Page(invitation));
            often.Text.ShouldContain("Try again in 10 minutes.");
            often.Html.ShouldContain($"href=\"{Page(invitation)}\"");
        }

        using (stand.Api.Fail("POST", "/invitations/accept", 503, "unavailable"))
        {
            var down = await visitor.SubmitAsync(Page(invitation), Path + "/accept");
            down.Text.ShouldContain("isn't responding right now");
            down.Html.ShouldContain(Path + "/accept");
        }

        team.Invitations.ShouldHaveSingleItem();
    }

    private static string Page(FakeApi.Invitation invitation) => $"{Path}?token={invitation.Token}";

    private (FakeApi.Team Team, FakeApi.Invitation Invitation, FakeApi.Account Guest) Invited()
    {
        var owner = stand.NewAccount("Olga Owner");
        var guest = stand.NewAccount("Gus Guest");
        var team = stand.Api.AddTeam("Team " + Guid.NewGuid().ToString("N")[..4], (owner, "owner"));
        return (team, stand.Api.Invite(team, owner, guest.Email, "member"), guest);
    }
}
