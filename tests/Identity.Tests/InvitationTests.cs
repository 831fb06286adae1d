using System.Net.Http.Json;
using System.Net;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Testing;

namespace LinkShort.Identity.Tests;

public sealed class InvitationTests(IdentityApplication identity)
{
    private const string Path = "/api/v1/invitations";

    [Fact]
    public async Task Somebody_is_invited_looks_and_comes_in_once()
    {
        using var team = await Team.CreateAsync(identity, "The <b>team</b>");
        var guest = await Team.VerifiedAsync(identity);
        var invitation = await team.InviteAsync(guest.Email.ToUpperInvariant(), "viewer");
        invitation.ExpiresAt.ShouldBe(invitation.CreatedAt.AddDays(7));
        var mail = await identity.Events.HearsAsync<InvitationCreated>(e => e.InvitationId == invitation.Id);
        (mail.WorkspaceName, mail.Role, mail.Email).ShouldBe(("The <b>team</b>", "viewer", invitation.Email));
        var token = await team.TokenOfAsync(invitation);
        mail.SealedToken.ShouldNotContain(token);
        (await identity.QueryAsync<bool>("select invitations::text like '%' || @token || '%' from invitations where id = @Id", new { token, invitation.Id })).ShouldBeFalse();

        using var anonymous = identity.Host.CreateClient();
        using var looked = await anonymous.PostAsJsonAsync($"{Path}/preview", new { token });
        (await looked.Content.ReadAsStringAsync()).ShouldContain(team.Id.ToString());
        looked.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var unsigned = await anonymous.PostAsJsonAsync($"{Path}/accept", new { token });
        await unsigned.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");

        using var client = await guest.SignedInAsync();
        using var accepted = await client.PostAsJsonAsync($"{Path}/accept", new { token });
        var workspace = await accepted.ShouldBeAsync<WorkspaceBody>(HttpStatusCode.OK);
        (workspace.Id, workspace.Role).ShouldBe((team.Id, "viewer"));
        (await identity.Events.HearsAsync<MemberJoined>(e => e.UserId == guest.Id)).Role.ShouldBe("viewer");
        foreach (var step in new[] { "accept", "preview", "decline" })
        {
            using var again = await client.PostAsJsonAsync($"{Path}/{step}", new { token });
            await again.ShouldBeProblemAsync(HttpStatusCode.Gone, "invitation-invalid");
        }
    }

    [Fact]
    public async Task Only_the_invited_address_can_accept_and_the_mailed_token_verifies_it()
    {
        using var team = await Team.CreateAsync(identity);
        var guest = await identity.RegisterAsync();
        var token = await team.TokenOfAsync(await team.InviteAsync(guest.Email));
        using var somebodyElse = await (await Team.VerifiedAsync(identity)).SignedInAsync();
        using var forwarded = await somebodyElse.PostAsJsonAsync($"{Path}/accept", new { token });
        await forwarded.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "invitation-for-somebody-else");
        // That attempt has not used it up.
        using var client = await guest.SignedInAsync();
        using var accepted = await client.PostAsJsonAsync($"{Path}/accept", new { token });
        accepted.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.GetFromJsonAsync<Profile>("/api/v1/me"))!.EmailVerified.ShouldBeTrue();
    }

    [Fact]
    public async Task A_new_user_signs_up_with_the_token_is_verified_by_it_and_a_member()
    {
        using var team = await Team.CreateAsync(identity, "Newcomers");
        var email = Account.NewEmail();
        var invitation = await team.InviteAsync(email, "admin");
        var token = await team.TokenOfAsync(invitation);
        using var anonymous = identity.Host.CreateClient();
        using var looked = await anonymous.PostAsJsonAsync($"{Path}/preview", new { token });
        (await looked.Content.ReadFromJsonAsync<Previewed>())!.HasAccount.ShouldBeFalse();

        // Neither for another address, nor with an invalid token, nor with an invalid form.
        using var other = await RegisterAsync(Account.NewEmail(), token);
        await other.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "invitation-for-somebody-else");
        foreach (var wrong in new[] { "", "nonsense", OneTimeSecret.Create().Value })
        {
            using var invalid = await RegisterAsync(email, wrong);
            await invalid.ShouldBeProblemAsync(HttpStatusCode.Gone, "invitation-invalid");
        }

        using var weak = await anonymous.PostAsJsonAsync("/api/v1/auth/register", new { email, password = "short", invitationToken = token });
        await weak.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "password");

        var registered = await (await RegisterAsync(email, token)).ShouldBeAsync<Joined>(HttpStatusCode.Created);
        registered.JoinedWorkspaceId.ShouldBe(team.Id);
        var account = new Account(identity.Host, registered.UserId, registered.WorkspaceId, email);
        (await team.RoleInDatabaseAsync(account)).ShouldBe("admin");
        using var client = await account.SignedInAsync();
        (await client.GetFromJsonAsync<Profile>("/api/v1/me"))!.EmailVerified.ShouldBeTrue();
        await identity.Events.HearsAsync<MemberJoined>(e => e.UserId == registered.UserId);
        // One transaction publishes all events of a sign-up, so the email would be there, too.
        identity.Events.Heard<EmailVerificationRequested>(e => e.Email == email).ShouldBeEmpty();

        using var again = await RegisterAsync(email, token);
        again.StatusCode.ShouldBeOneOf(HttpStatusCode.Gone, HttpStatusCode.Conflict);
        (await identity.QueryAsync<int>("select count(*)::int from users where email = @email", new { email })).ShouldBe(1);

        Task<HttpResponseMessage> RegisterAsync(string to, string with) =>
            anonymous.PostAsJsonAsync("/api/v1/auth/register", new { email = to, password = Account.Password, name = "Nora New", invitationToken = with });
    }

    [Fact]
    public async Task An_expired_invitation_names_who_can_renew_it_to_the_bearer_of_its_token()
    {
        using var team = await Team.CreateAsync(identity, "Late");
        var invitation = await team.InviteAsync(Account.NewEmail());
        var token = await team.TokenOfAsync(invitation);
        await identity.ExecuteAsync("update invitations set expires_at = now() - interval '1 hour' where id = @Id", new { invitation.Id });
        using var anonymous = identity.Host.CreateClient();

        using var looked = await anonymous.PostAsJsonAsync($"{Path}/preview", new { token });

        await looked.ShouldBeProblemAsync(HttpStatusCode.Gone, "invitation-invalid");
        var problem = (await looked.Content.ReadFromJsonAsync<Late>())!;
        problem.WorkspaceName.ShouldBe("Late");
        problem.ExpiredAt.ShouldBeLessThan(TimeProvider.System.GetUtcNow());
        using var client = await (await Team.VerifiedAsync(identity)).SignedInAsync();
        using var accepted = await client.PostAsJsonAsync($"{Path}/accept", new { token });
        await accepted.ShouldBeProblemAsync(HttpStatusCode.Gone, "invitation-invalid");
    }

    private sealed record Late(string WorkspaceName, DateTimeOffset ExpiredAt);

    private sealed record Previewed(bool HasAccount);

    private sealed record Joined(Guid UserId, Guid WorkspaceId, Guid? JoinedWorkspaceId);

    [Fact]
    public async Task Of_two_acceptances_at_once_one_gets_in()
    {
        using var team = await Team.CreateAsync(identity);
        var guest = await Team.VerifiedAsync(identity);
        var token = await team.TokenOfAsync(await team.InviteAsync(guest.Email));
        using var client = await guest.SignedInAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => client.PostAsJsonAsync($"{Path}/accept", new { token })));
        answers.Count(answer => answer.StatusCode == HttpStatusCode.OK).ShouldBe(1);
        answers.Count(answer => answer.StatusCode == HttpStatusCode.Gone).ShouldBe(5);
        await identity.Events.HearsAsync<MemberJoined>(e => e.UserId == guest.Id);
        (await team.RoleInDatabaseAsync(guest)).ShouldBe("member");
    }

    [Fact]
    public async Task A_workspace_scheduled_for_deletion_admits_no_members()
    {
        using var team = await Team.CreateAsync(identity);
        var guest = await Team.VerifiedAsync(identity);
        var token = await team.TokenOfAsync(await team.InviteAsync(guest.Email));
        using var client = await guest.SignedInAsync();
        var race = await Task.WhenAll(team.OwnerClient.DeleteAsync(team.Path), client.PostAsJsonAsync($"{Path}/accept", new { token }));
        race[0].StatusCode.ShouldBe(HttpStatusCode.OK);
        race[1].StatusCode.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.Gone);
        (await team.RoleInDatabaseAsync(guest)).ShouldBe(race[1].StatusCode == HttpStatusCode.OK ? "member" : "none");
        foreach (var step in new[] { "preview", "accept" })
        {
            using var refused = await client.PostAsJsonAsync($"{Path}/{step}", new { token });
            await refused.ShouldBeProblemAsync(HttpStatusCode.Gone, "invitation-invalid");
        }
    }

    [Fact]
    public async Task Expired_withdrawn_declined_and_replaced_invitations_are_invalid()
    {
        using var team = await Team.CreateAsync(identity);
        var guest = await Team.VerifiedAsync(identity);
        using var client = await guest.SignedInAsync();
        var invitation = await team.InviteAsync(guest.Email);
        var first = await team.TokenOfAsync(invitation);
        using var resent = await team.OwnerClient.PostAsync($"{team.Path}/invitations/{invitation.Id}/resend", null);
        (await resent.ShouldBeAsync<InvitationBody>(HttpStatusCode.OK)).Id.ShouldBe(invitation.Id);
        var second = await team.TokenOfAsync(invitation, mail: 2);
        second.ShouldNotBe(first);
        await RefusedAsync(first);

        await identity.ExecuteAsync("update invitations set expires_at = now() where id = @Id", new { invitation.Id });
        await RefusedAsync(second);
        var next = await team.InviteAsync(guest.Email);
        var third = await team.TokenOfAsync(next);
        using var withdrawn = await team.OwnerClient.DeleteAsync($"{team.Path}/invitations/{next.Id}");
        withdrawn.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await RefusedAsync(third);

        var last = await team.TokenOfAsync(await team.InviteAsync(guest.Email));
        using var anonymous = identity.Host.CreateClient();
        using var declined = await anonymous.PostAsJsonAsync($"{Path}/decline", new { token = last });
        declined.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await RefusedAsync(last);
        await RefusedAsync(OneTimeSecret.Create().Value);
        await RefusedAsync("nonsense");
        await RefusedAsync(new string('x', 50_000));
        using var empty = await client.PostAsJsonAsync($"{Path}/accept", new { token = "" });
        await empty.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "token");

        async Task RefusedAsync(string token)
        {
            using var refused = await client.PostAsJsonAsync($"{Path}/accept", new { token });
            await refused.ShouldBeProblemAsync(HttpStatusCode.Gone, "invitation-invalid");
        }
    }

    [Fact]
    public async Task Demoting_an_admin_withdraws_their_invitations()
    {
        using var team = await Team.CreateAsync(identity);
        var admin = await team.AddAsync("admin");
        using var adminClient = await admin.SignedInAsync();
        var guest = await Team.VerifiedAsync(identity);
        using var invited = await adminClient.PostAsJsonAsync($"{team.Path}/invitations", new { email = guest.Email, role = "admin" });
        var token = await team.TokenOfAsync(await invited.ShouldBeAsync<InvitationBody>(HttpStatusCode.Created));
        using var demoted = await team.SetRoleAsync(team.OwnerClient, admin, "member");
        demoted.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var client = await guest.SignedInAsync();
        using var refused = await client.PostAsJsonAsync($"{Path}/accept", new { token });
        await refused.ShouldBeProblemAsync(HttpStatusCode.Gone, "invitation-invalid");
    }

    [Theory]
    [InlineData("email", "nobody", "member")]
    [InlineData("email", "", "member")]
    [InlineData("email", "a@b@c", "member")]
    [InlineData("email", "a\u0000@example.com", "member")]
    [InlineData("role", "ada@example.com", "owner")]
    [InlineData("role", "ada@example.com", "")]
    [InlineData("role", "ada@example.com", "ADMIN")]
    public async Task A_bad_invitation_names_its_field(string field, string email, string role)
    {
        using var team = await Team.CreateAsync(identity);
        using var refused = await team.OwnerClient.PostAsJsonAsync($"{team.Path}/invitations", new { email, role });
        await refused.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        (await team.OwnerClient.GetFromJsonAsync<Listed<InvitationBody>>($"{team.Path}/invitations"))!.Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task Members_and_invited_users_are_not_invited_again_and_inviters_are_verified()
    {
        using var team = await Team.CreateAsync(identity);
        using var member = await team.OwnerClient.PostAsJsonAsync($"{team.Path}/invitations", new { email = team.Owner.Email, role = "viewer" });
        await member.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
        var email = Account.NewEmail();
        await team.InviteAsync(email);
        using var twice = await team.OwnerClient.PostAsJsonAsync($"{team.Path}/invitations", new { email, role = "viewer" });
        await twice.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
        await identity.ExecuteAsync("update users set email_confirmed = false where id = @Id", new { team.Owner.Id });
        using var unverified = await team.OwnerClient.PostAsJsonAsync($"{team.Path}/invitations", new { email = Account.NewEmail(), role = "viewer" });
        await unverified.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "email-not-verified");
    }

    [Fact]
    public async Task Mails_are_limited_by_workspace_inviter_and_address_and_open_invitations_too()
    {
        await using var host = identity.Another(
            ("Identity:InvitationMailsPerHour", "4"), ("Identity:InvitationMailsPerAddressAndDay", "2"), ("Identity:MaxOpenInvitations", "2"));
        using var team = await Team.CreateAsync(identity);
        using var client = host.CreateClient((await team.Owner.LogInAsync()).AccessToken);
        var email = Account.NewEmail();
        var first = await (await InviteAsync(email)).ShouldBeAsync<InvitationBody>(HttpStatusCode.Created);
        using var again = await client.PostAsync($"{team.Path}/invitations/{first.Id}/resend", null);
        again.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var thrice = await client.PostAsync($"{team.Path}/invitations/{first.Id}/resend", null);
        await thrice.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests, "rate-limited");
        thrice.Headers.RetryAfter!.Delta!.Value.ShouldBeGreaterThan(TimeSpan.FromHours(23));

        var second = await (await InviteAsync(Account.NewEmail())).ShouldBeAsync<InvitationBody>(HttpStatusCode.Created);
        using var third = await InviteAsync(Account.NewEmail());
        await third.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
        (await client.DeleteAsync($"{team.Path}/invitations/{second.Id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await InviteAsync(Account.NewEmail())).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await client.DeleteAsync($"{team.Path}/invitations/{first.Id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var fifth = await InviteAsync(Account.NewEmail());
        await fifth.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests, "rate-limited");

        Task<HttpResponseMessage> InviteAsync(string to) => client.PostAsJsonAsync($"{team.Path}/invitations", new { email = to, role = "member" });
    }

    [Fact]
    public async Task Invitations_of_another_workspace_are_not_found()
    {
        using var mine = await Team.CreateAsync(identity);
        using var theirs = await Team.CreateAsync(identity);
        var invitation = await mine.InviteAsync(Account.NewEmail());
        using var resent = await theirs.OwnerClient.PostAsync($"{theirs.Path}/invitations/{invitation.Id}/resend", null);
        await resent.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        using var withdrawn = await theirs.OwnerClient.DeleteAsync($"{theirs.Path}/invitations/{invitation.Id}");
        await withdrawn.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        (await theirs.OwnerClient.GetFromJsonAsync<Listed<InvitationBody>>($"{theirs.Path}/invitations"))!.Items.ShouldBeEmpty();
        (await mine.OwnerClient.GetFromJsonAsync<Listed<InvitationBody>>($"{mine.Path}/invitations"))!.Items.ShouldHaveSingleItem().ShouldBe(invitation);
        await Eventually.BecomesAsync(() => Task.FromResult(identity.Events.Heard<InvitationCreated>(e => e.InvitationId == invitation.Id).Count), count => count == 1);
    }
}
