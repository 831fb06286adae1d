using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Identity.Tests.Sso;

/// <summary>Workspaces' own providers, and their effect on members.</summary>
[Collection(nameof(SsoFixture))]
public sealed class SsoWorkspaceTests(SsoFixture fixture, IdentityApplication identity)
{
    [Fact]
    public async Task An_owner_configures_a_provider_whose_secret_is_never_returned_and_stored_encrypted()
    {
        await using var team = await fixture.NewTeamAsync(new { clientSecret = "hush-hush-hush" });
        var before = (await team.OwnerClient.GetFromJsonAsync<SsoBody>($"{team.Path}/sso"))!;
        before.RedirectUri.ShouldBe($"{SsoFixture.PublicUrl}/app/sso/callback/{team.Id}");
        before.Connection!.HasClientSecret.ShouldBeTrue();
        (await team.OwnerClient.GetStringAsync($"{team.Path}/sso")).ShouldNotContain("hush");
        (await identity.QueryAsync<bool>("select position('hush' in encode(client_secret, 'escape')) > 0 from sso_connections where workspace_id = @Id", new { team.Id })).ShouldBeFalse();

        // Sent to the provider in the header, form-encoded.
        await team.SignInAsync(team.NewEmail());
        var sent = team.Provider.Requests.Last(request => request.Path == "/token");
        System.Text.Encoding.ASCII.GetString(Convert.FromBase64String(sent.Authorization["Basic ".Length..])).ShouldBe("linkshort:hush-hush-hush");
        sent.Form.Keys.ShouldNotContain("client_secret");

        // If omitted, it is kept. For another issuer it has to be entered again, as it would be sent there.
        using var kept = await team.TryConfigureAsync(new { justInTime = false }, clientSecret: null);
        (await kept.ShouldBeAsync<SsoBody>(HttpStatusCode.OK)).Connection!.HasClientSecret.ShouldBeTrue();
        using var elsewhere = await team.TryConfigureAsync(new { issuer = fixture.Liar.Issuer }, clientSecret: null);
        await elsewhere.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "clientSecret");
        using var stale = new HttpRequestMessage(HttpMethod.Put, $"{team.Path}/sso")
        {
            Content = JsonContent.Create(new { issuer = team.Provider.Issuer, clientId = SsoFixture.ClientId }),
            Headers = { { "If-Match", "\"v1\"" } },
        };
        using var refused = await team.OwnerClient.SendAsync(stale);
        await refused.ShouldBeProblemAsync(HttpStatusCode.PreconditionFailed, "precondition-failed");

        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "sso.configured" && e.WorkspaceId == team.Id);
        var changed = await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "sso.changed" && e.WorkspaceId == team.Id);
        changed.Before!.ShouldContain("\"justInTime\":true");
        changed.After!.ShouldContain("\"justInTime\":false");
        identity.Events.Heard<AuditRecorded>(e => e.WorkspaceId == team.Id).ShouldAllBe(e => !(e.Before + e.After).Contains("hush", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_provider_is_tested_check_by_check_and_nothing_is_stored()
    {
        await using var team = await fixture.NewTeamAsync();
        await using var candidate = await HostileProvider.StartAsync();
        var good = await TestAsync("en");
        (good.Passed, good.Issuer).ShouldBe((true, candidate.Issuer));
        good.Checks.ShouldBe([new("metadata", "passed", null), new("issuer", "passed", null), new("endpoints", "passed", null), new("codeFlow", "passed", null), new("keys", "passed", null)]);

        candidate.ChangeMetadata = json => (json["issuer"], json["response_types_supported"]) = (team.Provider.Issuer, new JsonArray("id_token"));
        var other = await TestAsync("de");
        (other.Passed, other.Issuer).ShouldBe((false, team.Provider.Issuer));
        other.Checks.Where(check => check.Result == "failed").Select(check => check.Name).ShouldBe(["issuer", "codeFlow"]);
        other.Checks[1].Detail!.ShouldContain("Metadaten");

        candidate.ChangeMetadata = json => json["jwks_uri"] = candidate.Issuer + "/nothing-here";
        (await TestAsync("en")).Checks[^1].ShouldBe(new("keys", "failed", "The provider answered 404 when asked for its metadata or keys."));
        candidate.ChangeMetadata = null;
        foreach (var body in new[] { "not json", "[1]", new string('[', 100_000), new string('x', 300_000) })
        {
            candidate.Instead = async (path, context) =>
            {
                await context.Response.WriteAsync(body);
                return true;
            };
            var unreadable = await TestAsync("en");
            unreadable.Checks.Select(check => check.Result).ShouldBe(["failed", "skipped", "skipped", "skipped", "skipped"]);
            unreadable.Issuer.ShouldBeNull();
        }

        (await team.OwnerClient.GetFromJsonAsync<SsoBody>($"{team.Path}/sso"))!.Connection!.Issuer.ShouldBe(team.Provider.Issuer);
        using var bad = await team.OwnerClient.PostAsJsonAsync($"{team.Path}/sso/test", new { issuer = "https://user:pass@example.com" });
        await bad.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "issuer");

        // Without the development setting, only public addresses are asked, as for configuring.
        using var strict = await Team.CreateAsync(identity);
        await using var internalSite = await HostileProvider.StartAsync();
        using var guarded = await strict.OwnerClient.PostAsJsonAsync($"{strict.Path}/sso/test", new { issuer = $"https://127.0.0.1:{new Uri(internalSite.Issuer).Port}" });
        (await guarded.ShouldBeAsync<TestBody>(HttpStatusCode.OK)).Checks[0].Result.ShouldBe("failed");
        internalSite.Requests.ShouldBeEmpty();

        async Task<TestBody> TestAsync(string language)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{team.Path}/sso/test") { Content = JsonContent.Create(new { issuer = candidate.Issuer }), Headers = { { "Accept-Language", language } } };
            using var response = await team.OwnerClient.SendAsync(request);
            response.Content.Headers.ContentLanguage.ShouldBe([language]);
            return await response.ShouldBeAsync<TestBody>(HttpStatusCode.OK);
        }
    }

    private sealed record TestBody(bool Passed, string? Issuer, IReadOnlyList<TestCheck> Checks);

    private sealed record TestCheck(string Name, string Result, string? Detail);

    [Fact]
    public async Task Bad_settings_name_their_fields_and_change_nothing()
    {
        await using var team = await fixture.NewTeamAsync();
        foreach (var (settings, field) in new (object, string)[]
        {
            (new { clientId = "" }, "clientId"), (new { clientId = new string('c', 301) }, "clientId"), (new { clientSecret = new string('s', 1001) }, "clientSecret"),
            (new { defaultRole = "owner" }, "defaultRole"), (new { defaultRole = "king" }, "defaultRole"),
            (new { roleClaim = "groups", roles = new { staff = "owner" } }, "roles"), (new { roleClaim = "groups", roles = new { staff = "king" } }, "roles"),
            (new { roles = new { staff = "member" } }, "roleClaim"), (new { roleClaim = new string('g', 201) }, "roleClaim"),
            (new { enforced = true }, "enforced"),
        })
        {
            using var response = await team.TryConfigureAsync(settings);
            await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        }

        (await team.OwnerClient.GetFromJsonAsync<SsoBody>($"{team.Path}/sso"))!.Connection!.Version.ShouldBe(1);
        using var personal = await team.OwnerClient.PutAsJsonAsync(
            $"/api/v1/workspaces/{team.Owner.WorkspaceId}/sso", new { issuer = team.Provider.Issuer, clientId = "c" });
        await personal.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
    }

    [Fact]
    public async Task A_domain_is_verified_by_its_DNS_and_belongs_to_one_workspace()
    {
        await using var team = await fixture.NewTeamAsync();
        await using var other = await fixture.NewTeamAsync();
        var domain = $"Shared-{Guid.NewGuid():N}.Example";
        using var added = await team.OwnerClient.PostAsJsonAsync($"{team.Path}/sso/domains", new { domain });
        var claimed = await added.ShouldBeAsync<DomainBody>(HttpStatusCode.OK);
        claimed.Domain.ShouldBe(domain.ToLowerInvariant());
        claimed.Verification.Type.ShouldBe("TXT");
        claimed.Verification.Value.Length.ShouldBe("linkshort-sso=".Length + 64);
        using var early = await VerifyAsync(team, domain);
        await early.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
        fixture.Dns.Set(claimed.Verification.Name, claimed.Verification.Value + "x");
        using var wrong = await VerifyAsync(team, domain);
        await wrong.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");

        // Also a truncated response, which is repeated over TCP.
        fixture.Dns.Set(claimed.Verification.Name, claimed.Verification.Value);
        fixture.Dns.Truncates = true;
        using var verified = await VerifyAsync(team, domain);
        fixture.Dns.Truncates = false;
        (await verified.ShouldBeAsync<DomainBody>(HttpStatusCode.OK)).Status.ShouldBe("verified");
        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "sso.domainVerified" && e.WorkspaceId == team.Id && e.TargetId == claimed.Domain);

        // Another workspace claims it, but the first one keeps it as long as its record exists.
        using var too = await other.OwnerClient.PostAsJsonAsync($"{other.Path}/sso/domains", new { domain });
        var second = await too.ShouldBeAsync<DomainBody>(HttpStatusCode.OK);
        second.Verification.Value.ShouldNotBe(claimed.Verification.Value);
        fixture.Dns.Set(claimed.Verification.Name, claimed.Verification.Value, second.Verification.Value);
        using var contested = await VerifyAsync(other, domain);
        await contested.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
        fixture.Dns.Set(claimed.Verification.Name, second.Verification.Value);
        using var moved = await VerifyAsync(other, domain);
        (await moved.ShouldBeAsync<DomainBody>(HttpStatusCode.OK)).Status.ShouldBe("verified");
        (await team.OwnerClient.GetFromJsonAsync<SsoBody>($"{team.Path}/sso"))!.Domains.Single(each => each.Domain == claimed.Domain).Status.ShouldBe("pending");
        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "sso.domainLost" && e.WorkspaceId == team.Id);

        (await other.OwnerClient.DeleteAsync($"{other.Path}/sso/domains/{domain}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var gone = await VerifyAsync(other, domain);
        await gone.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        foreach (var bad in new[] { "", "com", "a b.example", "*.example.com", "exa_mple.com", "192.0.2.1", new string('a', 64) + ".example", "a@b.example" })
        {
            using var response = await team.OwnerClient.PostAsJsonAsync($"{team.Path}/sso/domains", new { domain = bad });
            await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "domain");
        }

        static Task<HttpResponseMessage> VerifyAsync(SsoTeam who, string name) => who.OwnerClient.PostAsJsonAsync($"{who.Path}/sso/domains/{name}/verify", new { });
    }

    [Fact]
    public async Task Without_DNS_nothing_is_verified_and_the_response_comes_in_time()
    {
        await using var silent = new FakeDns { IsSilent = true };
        await using var host = fixture.Start(("Dns:Server", silent.Address));
        await using var team = await fixture.NewTeamAsync();
        using var client = host.CreateClient((await team.Owner.LogInAsync()).AccessToken);
        using var added = await client.PostAsJsonAsync($"{team.Path}/sso/domains", new { domain = "silent.example" });
        await added.ShouldBeAsync<DomainBody>(HttpStatusCode.OK);
        using var response = await client.PostAsJsonAsync($"{team.Path}/sso/domains/silent.example/verify", new { });
        await response.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable, "unavailable");
    }

    [Fact]
    public async Task An_answer_to_another_query_or_a_malformed_one_verifies_nothing()
    {
        await using var dns = new FakeDns();
        await using var host = fixture.Start(("Dns:Server", dns.Address));
        await using var team = await fixture.NewTeamAsync();
        using var client = host.CreateClient((await team.Owner.LogInAsync()).AccessToken);
        using var added = await client.PostAsJsonAsync($"{team.Path}/sso/domains", new { domain = "forged.example" });
        var claimed = await added.ShouldBeAsync<DomainBody>(HttpStatusCode.OK);
        dns.Set(claimed.Verification.Name, claimed.Verification.Value);

        dns.GuessesId = true;
        using var guessed = await client.PostAsJsonAsync($"{team.Path}/sso/domains/forged.example/verify", new { });
        await guessed.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable, "unavailable");
        (dns.GuessesId, dns.Babbles) = (false, true);
        using var unreadable = await client.PostAsJsonAsync($"{team.Path}/sso/domains/forged.example/verify", new { });
        await unreadable.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable, "unavailable");
        dns.Babbles = false;
        using var verified = await client.PostAsJsonAsync($"{team.Path}/sso/domains/forged.example/verify", new { });
        (await verified.ShouldBeAsync<DomainBody>(HttpStatusCode.OK)).Status.ShouldBe("verified");
    }

    [Fact]
    public async Task An_address_of_a_verified_domain_leads_to_the_workspaces_provider()
    {
        await using var team = await fixture.NewTeamAsync();
        var visitor = fixture.Visit();
        var email = "Ada@" + team.Domain.ToUpperInvariant();
        using var response = await visitor.TryStartAsync(new { email, browserKey = visitor.BrowserKey });
        var request = new AuthorizationRequest((await response.ShouldBeAsync<SsoVisitor.Started>(HttpStatusCode.OK)).AuthorizationUrl);
        request.Url.ShouldStartWith(team.Provider.Issuer + "/authorize?");
        request["login_hint"].ShouldBe("Ada@" + team.Domain);
    }

    [Fact]
    public async Task Signing_in_adds_a_member_with_the_mapped_role_and_never_an_owner()
    {
        await using var team = await fixture.NewTeamAsync(new
        {
            roleClaim = "groups", roles = new Dictionary<string, string> { ["admins"] = "admin", ["staff"] = "member" }, defaultRole = "viewer",
        });
        var email = team.NewEmail();
        var tokens = await team.SignInAsync(email, claims: Groups("staff", "owner", "lunch"));
        (await team.RoleOfAsync(email)).ShouldBe("member");
        using (var client = fixture.Host.CreateClient(tokens.AccessToken!))
        {
            var profile = (await client.GetFromJsonAsync<Profile>("/api/v1/me"))!;
            profile.WorkspaceId.ShouldBe(team.Id, "the session begins in the workspace whose provider vouched");
            profile.Role.ShouldBe("member");
            await identity.Events.HearsAsync<MemberJoined>(e => e.WorkspaceId == team.Id && e.UserId == profile.Id && e.Role == "member");
            await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "sso.signedIn" && e.WorkspaceId == team.Id && e.ActorId == profile.Id);
        }

        // Roles follow the provider at the next sign-in: the highest of several, a lower one, and the default.
        var again = await team.SignInAsync(email, claims: Groups("staff", "admins"));
        (await team.RoleOfAsync(email)).ShouldBe("admin");
        using (var client = fixture.Host.CreateClient(again.AccessToken!))
        {
            (await client.GetFromJsonAsync<Profile>("/api/v1/me"))!.Role.ShouldBe("admin");
        }

        await team.SignInAsync(email, claims: token => token["groups"] = "staff");
        (await team.RoleOfAsync(email)).ShouldBe("member");
        await team.SignInAsync(email);
        (await team.RoleOfAsync(email)).ShouldBe("viewer");

        // The provider's roles never apply to owners.
        await identity.ExecuteAsync(
            "update members set role = 'owner' where workspace_id = @Id and user_id = (select id from users where normalized_email = @email)", new { team.Id, email });
        await team.SignInAsync(email, claims: Groups("lunch"));
        (await team.RoleOfAsync(email)).ShouldBe("owner");
    }

    [Fact]
    public async Task Without_a_role_claim_roles_are_assigned_in_the_workspace()
    {
        await using var team = await fixture.NewTeamAsync(new { defaultRole = "viewer" });
        var email = team.NewEmail();
        await team.SignInAsync(email, claims: Groups("admins"));
        (await team.RoleOfAsync(email)).ShouldBe("viewer");
        await identity.ExecuteAsync(
            "update members set role = 'admin' where workspace_id = @Id and user_id = (select id from users where normalized_email = @email)", new { team.Id, email });
        await team.SignInAsync(email);
        (await team.RoleOfAsync(email)).ShouldBe("admin");
    }

    [Fact]
    public async Task A_workspace_without_just_in_time_admission_admits_by_invitation_only()
    {
        await using var team = await fixture.NewTeamAsync(new { justInTime = false });
        var email = team.NewEmail();
        using var stranger = await team.TrySignInAsync(email);
        await stranger.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "sso-not-allowed");
        (await identity.QueryAsync<int>("select count(*)::int from users where normalized_email = @email", new { email })).ShouldBe(0);

        var member = await fixture.RegisterVerifiedAsync(email);
        using var known = await team.TrySignInAsync(email);
        await known.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "sso-not-allowed");
        await JoinAsync(team, member);
        await team.SignInAsync(email);
    }

    [Fact]
    public async Task A_workspaces_provider_is_only_trusted_for_its_own_domain()
    {
        await using var team = await fixture.NewTeamAsync();
        var victim = await fixture.RegisterVerifiedAsync();
        foreach (var email in new[] { victim.Email, Account.NewEmail(), $"a@sub.{team.Domain}", $"a@not{team.Domain}", $"a@{team.Domain}.evil.example" })
        {
            using var response = await team.TrySignInAsync(email);
            (await response.Content.ReadAsStringAsync()).ShouldContain("domainNotProven");
            await response.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "sso-not-allowed");
        }

        // Within its domain, it opens an existing account that is verified.
        var colleague = await fixture.RegisterVerifiedAsync(team.NewEmail());
        var tokens = await team.SignInAsync(colleague.Email);
        using var client = fixture.Host.CreateClient(tokens.AccessToken!);
        (await client.GetFromJsonAsync<Profile>("/api/v1/me"))!.Id.ShouldBe(colleague.Id);
        // Until the domain is removed.
        (await team.OwnerClient.DeleteAsync($"{team.Path}/sso/domains/{team.Domain}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var after = await team.TrySignInAsync(team.NewEmail());
        await after.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "sso-not-allowed");
    }

    [Fact]
    public async Task Required_single_sign_on_ends_other_sessions_and_refuses_passwords_with_the_sign_in_URL()
    {
        await using var team = await fixture.NewTeamAsync();
        var member = await fixture.RegisterVerifiedAsync(team.NewEmail());
        await JoinAsync(team, member);
        var outsider = await fixture.RegisterVerifiedAsync();
        await JoinAsync(team, outsider);
        var passwordSession = await member.LogInAsync();
        var outsiders = await outsider.LogInAsync();
        var ssoSession = await team.SignInAsync(member.Email);
        await EnforceAsync(team);

        using var anonymous = fixture.Host.CreateClient();
        using var refresh = await anonymous.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = passwordSession.RefreshToken });
        await refresh.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-refresh-token");
        using var dead = fixture.Host.CreateClient(passwordSession.AccessToken);
        await Eventually.PassesAsync(async () => (await dead.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized));
        using var alive = fixture.Host.CreateClient(ssoSession.AccessToken!);
        (await alive.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var other = fixture.Host.CreateClient(outsiders.AccessToken);
        (await other.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.OK, "an address of another domain is not concerned");

        using var refused = await member.TryLogInAsync(Account.Password);
        var told = JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["signInUrl"]!.GetValue<string>();
        Uri.UnescapeDataString(told).ShouldBe($"{SsoFixture.PublicUrl}/app/sso/start?email={member.Email}");
        await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "sso-required");
        using var guess = await member.TryLogInAsync("Wrong-Horse-7-Battery");
        await guess.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-credentials");
        (await outsider.TryLogInAsync(Account.Password)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await team.SignInAsync(member.Email);

        // Another provider isn't accepted either.
        var visitor = fixture.Visit();
        var request = await visitor.StartAsync("liar");
        using var google = await visitor.FinishAsync(request, fixture.Liar.Agree(request, claims => (claims["email"], claims["email_verified"]) = (member.Email, true)));
        await google.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "sso-required");

        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "sso.enforced" && e.WorkspaceId == team.Id);
        // After it is turned off, passwords work again.
        await team.ConfigureAsync(new { enforced = false });
        await member.LogInAsync();
        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "sso.enforcementEnded" && e.WorkspaceId == team.Id);
    }

    [Fact]
    public async Task Owners_can_always_sign_in_otherwise_even_when_the_provider_is_gone_and_it_is_audited()
    {
        await using var team = await fixture.NewTeamAsync();
        var second = await fixture.RegisterVerifiedAsync(team.NewEmail());
        await JoinAsync(team, second, "owner");
        await team.SignInAsync(team.NewEmail());
        await EnforceAsync(team);
        await team.Provider.DisposeAsync();
        var tokens = await second.LogInAsync();
        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "sso.bypassedByOwner" && e.WorkspaceId == team.Id && e.ActorId == second.Id);
        using var client = fixture.Host.CreateClient(tokens.AccessToken);
        using var off = await client.PutAsJsonAsync($"{team.Path}/sso", new { issuer = team.Provider.Issuer, clientId = SsoFixture.ClientId, enforced = false });
        (await off.ShouldBeAsync<SsoBody>(HttpStatusCode.OK)).Connection!.Enforced.ShouldBeFalse();
    }

    [Fact]
    public async Task Required_single_sign_on_applies_to_passkeys_second_steps_invitations_and_later_domains()
    {
        await using var team = await fixture.NewTeamAsync();
        var late = await fixture.NewTeamAsync();
        await using var _ = late;
        // A challenge from before the requirement can't bypass it.
        var member = await fixture.RegisterVerifiedAsync(team.NewEmail());
        await JoinAsync(team, member);
        using var enrolling = await member.SignedInAsync();
        var (app, _) = await enrolling.EnableAppAsync();
        var challenge = await member.ChallengeAsync();
        var invited = await fixture.RegisterVerifiedAsync(team.NewEmail());
        var elsewhere = await fixture.RegisterVerifiedAsync($"x@later-{Guid.NewGuid():N}.example");
        await JoinAsync(team, elsewhere);
        var elsewhereSession = await elsewhere.LogInAsync();
        await team.SignInAsync(team.NewEmail());
        await EnforceAsync(team);
        using var second = await member.SecondStepAsync(new { challenge = challenge.Challenge, code = app.NextCode() });
        await second.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "sso-required");

        // Not a member yet, so a password is accepted; joining requires the provider.
        using var guest = await invited.SignedInAsync();
        using var invitation = await team.OwnerClient.PostAsJsonAsync($"{team.Path}/invitations", new { email = invited.Email, role = "member" });
        var sent = await invitation.ShouldBeAsync<InvitationBody>(HttpStatusCode.Created);
        var mail = await identity.Events.HearsAsync<InvitationCreated>(e => e.InvitationId == sent.Id);
        var token = identity.Host.Services.GetRequiredService<SealedText>().Open(mail.SealedToken, nameof(InvitationCreated));
        using var accepted = await guest.PostAsJsonAsync("/api/v1/invitations/accept", new { token });
        await accepted.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "sso-required");

        // A domain that is verified later falls under the requirement.
        await team.ProveAsync(elsewhere.Email.Split('@')[1]);
        using var anonymous = fixture.Host.CreateClient();
        using var refresh = await anonymous.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = elsewhereSession.RefreshToken });
        refresh.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var refused = await elsewhere.TryLogInAsync(Account.Password);
        await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "sso-required");
    }

    [Fact]
    public async Task A_users_second_factor_is_required_after_single_sign_on_and_the_session_starts_in_the_workspace()
    {
        await using var team = await fixture.NewTeamAsync();
        var email = team.NewEmail();
        var account = await fixture.RegisterVerifiedAsync(email);
        await team.SignInAsync(email);
        using var client = await account.SignedInAsync();
        var (app, _) = await client.EnableAppAsync();
        using var response = await team.TrySignInAsync(email);
        var challenge = await response.ShouldBeAsync<Challenged>(HttpStatusCode.Unauthorized);
        challenge.Type.ShouldBe("/problems/two-factor-required");
        challenge.Methods.ShouldContain("totp");
        using var anonymous = fixture.Host.CreateClient();
        using var done = await anonymous.PostAsJsonAsync(Factors.SecondStep, new { challenge = challenge.Challenge, code = app.NextCode() });
        var second = await done.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        using var signedIn = fixture.Host.CreateClient(second.AccessToken);
        (await signedIn.GetFromJsonAsync<Profile>("/api/v1/me"))!.WorkspaceId.ShouldBe(team.Id);
        var session = (await client.GetFromJsonAsync<Listed<SsoSession>>("/api/v1/me/sessions"))!.Items[0];
        session.Methods.Order().ShouldBe(["mfa", "otp", "sso"]);
        session.SsoProvider.ShouldBe("Corp", "the workspace whose provider it was");
    }

    [Fact]
    public async Task Two_factors_at_the_provider_only_count_in_a_workspace_that_accepts_them()
    {
        await using var team = await fixture.NewTeamAsync();
        await using var other = await fixture.NewTeamAsync();
        await identity.ExecuteAsync("update workspaces set require_two_factor = true where id = any(@ids)", new { ids = new[] { team.Id, other.Id } });
        var email = team.NewEmail();
        // Not accepted: the session starts in the user's own workspace, where they can set up a second factor.
        var without = await team.SignInAsync(email, claims: Mfa);
        using (var client = fixture.Host.CreateClient(without.AccessToken!))
        {
            (await client.GetFromJsonAsync<Profile>("/api/v1/me"))!.WorkspaceId.ShouldNotBe(team.Id);
            using var asked = await client.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = team.Id });
            await asked.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "two-factor-enrollment-required");
        }

        await identity.ExecuteAsync("update sso_connections set accept_mfa = true where workspace_id = @Id", new { team.Id });
        var with = await team.SignInAsync(email, claims: Mfa);
        using (var client = fixture.Host.CreateClient(with.AccessToken!))
        {
            (await client.GetFromJsonAsync<Profile>("/api/v1/me"))!.WorkspaceId.ShouldBe(team.Id);
            (await client.GetAsync($"{team.Path}/members")).StatusCode.ShouldBe(HttpStatusCode.OK);
            using var anonymous = fixture.Host.CreateClient();
            using var refreshed = await anonymous.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = with.RefreshToken });
            using var later = fixture.Host.CreateClient((await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
            (await later.GetFromJsonAsync<Profile>("/api/v1/me"))!.WorkspaceId.ShouldBe(team.Id);

            // Nothing of it counts in another workspace.
            await identity.ExecuteAsync(
                "insert into members (workspace_id, user_id, role, joined_at) select @Id, id, 'member', now() from users where normalized_email = @email", new { other.Id, email });
            using var elsewhere = await later.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = other.Id });
            await elsewhere.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
            using var members = await later.GetAsync($"{other.Path}/members");
            await members.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
        }

        // Accepted, but the provider only reports one factor.
        var one = await team.SignInAsync(email);
        using var single = fixture.Host.CreateClient(one.AccessToken!);
        (await single.GetFromJsonAsync<Profile>("/api/v1/me"))!.WorkspaceId.ShouldNotBe(team.Id);

        static void Mfa(JsonObject token) => token["amr"] = new JsonArray("pwd", "mfa");
    }

    [Fact]
    public async Task Removing_the_provider_ends_its_sessions_and_keeps_the_members()
    {
        await using var team = await fixture.NewTeamAsync();
        var email = team.NewEmail();
        var tokens = await team.SignInAsync(email);
        var userId = await identity.QueryAsync<Guid>("select id from users where normalized_email = @email", new { email });
        (await team.OwnerClient.DeleteAsync($"{team.Path}/sso")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await team.RoleOfAsync(email)).ShouldBe("member");
        using var ended = fixture.Host.CreateClient(tokens.AccessToken!);
        await Eventually.PassesAsync(async () => (await ended.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized));
        await identity.NoticeAsync(userId, SecurityNoticeKinds.SsoUnlinked);
        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "sso.removed" && e.WorkspaceId == team.Id);
        using var start = await fixture.Visit().TryStartAsync(new { provider = team.Key, browserKey = SsoVisitor.NewSecret() });
        await start.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        (await team.OwnerClient.DeleteAsync($"{team.Path}/sso")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Sessions_of_a_workspaces_provider_last_a_day()
    {
        await using var team = await fixture.NewTeamAsync();
        var email = team.NewEmail();
        await team.SignInAsync(email);
        (await identity.QueryAsync<bool>(
            """
            select s.expires_at - s.created_at = interval '1 day' and s.sso_provider = @Key
            from sessions s join users u on u.id = s.user_id where u.normalized_email = @email
            """,
            new { email, team.Key })).ShouldBeTrue();
    }

    [Fact]
    public async Task Two_concurrent_first_sign_ins_of_one_user_create_one_account()
    {
        await using var team = await fixture.NewTeamAsync();
        var email = team.NewEmail();
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => team.TrySignInAsync(email)));
        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK || answer.StatusCode == HttpStatusCode.Conflict);
        answers.ShouldContain(answer => answer.StatusCode == HttpStatusCode.OK);
        (await identity.QueryAsync<int>("select count(*)::int from users where normalized_email = @email", new { email })).ShouldBe(1);
        await team.SignInAsync(email);
    }

    private static async Task EnforceAsync(SsoTeam team) => (await team.ConfigureAsync(new { enforced = true })).Connection!.Enforced.ShouldBeTrue();

    private Task JoinAsync(SsoTeam team, Account account, string role = "member") => identity.ExecuteAsync(
        "insert into members (workspace_id, user_id, role, joined_at) values (@TeamId, @Id, @role, now())", new { TeamId = team.Id, account.Id, role });

    private static Action<JsonObject> Groups(params string[] groups) => token => token["groups"] = new JsonArray([.. groups.Select(group => (JsonNode)group)]);
}
