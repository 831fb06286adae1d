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
    public async Task Signed_out_users_sign_in_and_are_in_and_no_address_carries_the_token()
    {
        var (team, invitation, guest) = Invited();
        using var visitor = stand.Visit();
        var page = await visitor.GetAsync(Page(invitation));
        page.Html.ShouldNotContain(Path + "/accept");
        page.Html.ShouldNotContain(Path + "/join");
        page.Html.ShouldNotMatch($"href=\"[^\"]*{invitation.Token}");

        var signIn = await visitor.SubmitAsync(Page(invitation), Path + "/sign-in");
        signIn.Location.ShouldBe("/app/signin?returnUrl=" + Uri.EscapeDataString(Path + "/continue"));
        (await visitor.GetAsync(signIn.Location!)).Html.ShouldContain($"value=\"{guest.Email}\"");
        var signedIn = await visitor.SubmitAsync(signIn.Location!, "/app/signin", ("email", guest.Email), ("password", guest.Password));
        signedIn.Location.ShouldBe(Path + "/continue");
        (await visitor.FollowAsync(signedIn)).Text.ShouldContain($"Welcome to “{team.Name}”. You are a member of it.");
        team.MemberOf(guest).ShouldNotBeNull();
        stand.Api.CurrentOf(guest).ShouldBe(team);

        // It worked once.
        (await visitor.FollowAsync(await visitor.GetAsync(Path + "/continue"))).Text.ShouldContain("Open the link in the invitation email again to accept.");
    }

    [Fact]
    public async Task A_new_user_sets_name_and_password_and_is_in_without_another_email()
    {
        var (team, invitation, email) = InvitedStranger();
        using var visitor = stand.Visit();
        var page = await visitor.GetAsync(Page(invitation));
        page.Text.ShouldContain("Your address is already confirmed");
        var hidden = Visitor.HiddenFields(page.Html, Path + "/join").ToList();

        // Everything that is wrong at once, and nothing lost.
        var wrong = await visitor.PostAsync(Path + "/join", [.. hidden, ("Name", "Nora New"), ("Password", "short")]);
        wrong.Status.ShouldBe(HttpStatusCode.BadRequest);
        wrong.Text.ShouldContain("At least 8 characters.");
        System.Text.RegularExpressions.Regex.Count(wrong.Text, "You need to agree to this to create an account.").ShouldBe(2);
        wrong.Html.ShouldContain("value=\"Nora New\"");
        team.Invitations.ShouldHaveSingleItem();

        var joined = await visitor.PostAsync(Path + "/join", [.. hidden, ("Name", "Nora New"), ("Password", "a long password"), ("Consents", $"terms@{FakeApi.ConsentVersion}"), ("Consents", $"privacy@{FakeApi.ConsentVersion}")]);
        var landed = await visitor.FollowAsync(joined);
        landed.Text.ShouldContain($"Welcome to “{team.Name}”. You are a member of it.");
        landed.Text.ShouldNotContain("Confirm your email address");
        var account = stand.Api.AccountOf(email);
        (account.Name, account.EmailVerified).ShouldBe(("Nora New", true));
        stand.Api.CurrentOf(account).ShouldBe(team);
        team.Invitations.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_expired_invitation_says_when_and_who_can_resend_it()
    {
        var (team, invitation, _) = Invited();
        invitation.ExpiresAt = TimeProvider.System.GetUtcNow().AddMinutes(-1);
        using var visitor = stand.Visit();

        var page = await visitor.GetAsync(Page(invitation));

        page.Status.ShouldBe(HttpStatusCode.Gone);
        page.Text.ShouldContain("This invitation has expired");
        page.Text.ShouldContain(team.Name);
        page.Text.ShouldContain("Ask <bdi>Olga Owner</bdi> to resend it");
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
        other.Location.ShouldBe("/app/signin?returnUrl=" + Uri.EscapeDataString(Path + "/continue"));
        var signedIn = await visitor.SubmitAsync(other.Location!, "/app/signin", ("email", guest.Email), ("password", guest.Password));
        (await visitor.FollowAsync(signedIn)).Text.ShouldContain($"Welcome to “{team.Name}”.");
        team.MemberOf(guest).ShouldNotBeNull();
    }

    [Fact]
    public async Task An_unconfirmed_address_is_confirmed_by_accepting()
    {
        var (team, invitation, guest) = Invited();
        guest.EmailVerified = false;
        using var visitor = await stand.VisitSignedInAsync(guest);
        (await visitor.GetAsync("/app/links")).Text.ShouldContain("Confirm your email address");
        var accepted = await visitor.FollowAsync(await visitor.SubmitAsync(Page(invitation), Path + "/accept"));
        accepted.Text.ShouldNotContain("Confirm your email address");
        team.MemberOf(guest).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_workspace_that_requires_single_sign_on_leads_to_it()
    {
        var (_, invitation, guest) = Invited();
        using var visitor = await stand.VisitSignedInAsync(guest);
        using (stand.Api.Fail("POST", "/invitations/accept", 403, "sso-required"))
        {
            var refused = await visitor.SubmitAsync(Page(invitation), Path + "/accept");
            refused.Text.ShouldContain("This workspace requires its single sign-on.");
            var away = await visitor.PostAsync(Path + "/sign-in", [.. Visitor.HiddenFields(refused.Html, Path + "/sign-in"), ("Way", "organisation")]);
            Uri.UnescapeDataString(away.Location!).ShouldBe($"/app/sso/start?email={guest.Email}&returnUrl={Path}/continue");
        }
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

    private (FakeApi.Team Team, FakeApi.Invitation Invitation, string Email) InvitedStranger()
    {
        var (team, _, _) = Invited();
        team.Invitations.Clear();
        var email = $"nora-{Guid.NewGuid():N}@example.com";
        return (team, stand.Api.Invite(team, team.Members[0].Account, email, "member"), email);
    }

    private (FakeApi.Team Team, FakeApi.Invitation Invitation, FakeApi.Account Guest) Invited()
    {
        var owner = stand.NewAccount("Olga Owner");
        var guest = stand.NewAccount("Gus Guest");
        var team = stand.Api.AddTeam("Team " + Guid.NewGuid().ToString("N")[..4], (owner, "owner"));
        return (team, stand.Api.Invite(team, owner, guest.Email, "member"), guest);
    }
}
