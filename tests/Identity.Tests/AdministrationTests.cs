using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Identity.Keys.SigningKeys;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Identity.Tests;

/// <summary>Operators, and their actions on users and workspaces.</summary>
public sealed class AdministrationTests(IdentityApplication identity)
{
    private const string Users = "/api/v1/admin/users";
    private const string Workspaces = "/api/v1/admin/workspaces";

    [Fact]
    public async Task An_operator_is_who_has_a_verified_address_of_the_list_and_two_factors()
    {
        var account = await identity.RegisterAsync();
        await using var host = identity.Another(("Admin:Emails", $"somebody@example.com; {account.Email.ToUpperInvariant()}"));
        (await AskAsync()).ShouldBe("forbidden", "the address could be anyone's");

        await identity.ExecuteAsync("update users set email_confirmed = true where id = @Id", new { account.Id });
        (await AskAsync()).ShouldBe("two-factor-enrollment-required");

        using var client = await (account with { Host = host }).SignedInAsync();
        var (app, _) = await client.EnableAppAsync();
        using var op = await Operator.SignInAsync(host, account, app);
        (await op.GetAsync(Users)).StatusCode.ShouldBe(HttpStatusCode.OK);

        // Without the setting there are no operators.
        using var other = await Operator.SignInAsync(identity.Host, account, app);
        await (await other.GetAsync(Users)).ShouldBeProblemAsync(HttpStatusCode.Forbidden, "forbidden");

        // Other services ask for it.
        using var service = host.CreateInternalClient();
        (await service.GetStringAsync($"/internal/operators/{account.Id}")).ShouldBe("""{"operator":true,"secondFactor":true}""");
        (await service.GetStringAsync($"/internal/operators/{Guid.NewGuid()}")).ShouldBe("""{"operator":false,"secondFactor":false}""");
        (await op.GetAsync($"/internal/operators/{account.Id}")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        // After a change of address the user is no operator, although the token still claims it.
        await identity.ExecuteAsync("update users set email_confirmed = false where id = @Id", new { account.Id });
        await (await op.GetAsync(Users)).ShouldBeProblemAsync(HttpStatusCode.Forbidden, "forbidden");
        (await service.GetStringAsync($"/internal/operators/{account.Id}")).ShouldBe("""{"operator":false,"secondFactor":false}""");

        async Task<string> AskAsync()
        {
            using var client = await (account with { Host = host }).SignedInAsync();
            using var response = await client.GetAsync(Users);
            response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            return (await response.Content.ReadFromJsonAsync<Problem>())!.Type["/problems/".Length..];
        }
    }

    [Fact]
    public async Task A_token_that_only_claims_to_be_an_operators_gives_no_access()
    {
        var op = await Operator.SharedAsync(identity);
        var owner = await identity.RegisterAsync();
        var session = await owner.LogInAsync();

        // Signed with another key, with all claims of an operator.
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var forged = Sign(owner, session, new SigningCredentials(new ECDsaSecurityKey(key) { KeyId = "forged" }, SecurityAlgorithms.EcdsaSha256), TimeProvider.System.GetUtcNow());
        using var thief = op.Host.CreateClient(forged);
        (await thief.GetAsync(Users)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        // Signed with our own key, as if issued by a bug.
        var ours = await op.Host.Services.GetRequiredService<SigningKeyRing>().SigningCredentialsAsync(TestContext.Current.CancellationToken);
        using var customer = op.Host.CreateClient(Sign(owner, session, ours, TimeProvider.System.GetUtcNow()));
        await (await customer.GetAsync(Users)).ShouldBeProblemAsync(HttpStatusCode.Forbidden, "forbidden");
        await (await customer.PostAsJsonAsync($"{Users}/{op.Account.Id}/suspend", new { reason = "mine" })).ShouldBeProblemAsync(HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task Destructive_operations_require_a_recent_sign_in()
    {
        var op = await Operator.SharedAsync(identity);
        var account = await identity.RegisterAsync();
        var ours = await op.Host.Services.GetRequiredService<SigningKeyRing>().SigningCredentialsAsync(TestContext.Current.CancellationToken);
        using var late = op.Host.CreateClient(Sign(op.Account, null, ours, TimeProvider.System.GetUtcNow().AddMinutes(-16)));

        (await late.GetAsync($"{Users}/{account.Id}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var path in (string[])[$"{Users}/{account.Id}/suspend", $"{Users}/{account.Id}/restore", $"{Users}/{account.Id}/sign-out", $"{Users}/{account.Id}/view",
            $"{Workspaces}/{account.WorkspaceId}/suspend", $"{Workspaces}/{account.WorkspaceId}/restore"])
        {
            using var response = await late.PostAsJsonAsync(path, path.EndsWith("view", StringComparison.Ordinal) ? (object)new { } : new { reason = "because" });
            await response.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
        }
    }

    [Fact]
    public async Task Users_are_found_by_parts_of_address_and_name_and_by_id_page_by_page()
    {
        var op = await Operator.SharedAsync(identity);
        var mark = Guid.NewGuid().ToString("N")[..12];
        var found = new List<Account>();
        for (var i = 0; i < 3; i++)
        {
            var account = await identity.RegisterAsync();
            await identity.ExecuteAsync("update users set name = @name where id = @Id", new { account.Id, name = $"Ada_{mark}% {i}" });
            found.Add(account);
        }

        (await FindAsync(found[1].Email.ToUpperInvariant()[..30])).Items.ShouldHaveSingleItem().Id.ShouldBe(found[1].Id);
        (await FindAsync(found[2].Id.ToString())).Items.ShouldHaveSingleItem().Email.ShouldBe(found[2].Email);
        (await FindAsync($"a_{mark}%")).Items.Select(each => each.Id).ShouldBe([found[2].Id, found[1].Id, found[0].Id]);
        (await FindAsync($"{mark}_%")).Items.ShouldBeEmpty("wildcards are what they are");
        var first = await FindAsync(mark, "&limit=2");
        first.Items.Length.ShouldBe(2);
        (await FindAsync(mark, $"&limit=2&cursor={first.NextCursor}")).Items.ShouldHaveSingleItem().Id.ShouldBe(found[0].Id);

        using var suspended = await op.SuspendAsync(found[0].Id);
        suspended.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await FindAsync(mark, "&suspended=true")).Items.ShouldHaveSingleItem().Id.ShouldBe(found[0].Id);
        (await FindAsync(mark, "&suspended=false")).Items.Length.ShouldBe(2);

        // The index is used, even though these tests have few rows.
        (await identity.QueryAsync<string>("select string_agg(indexdef, ' ') from pg_indexes where indexname in ('users_search', 'workspaces_search')")).ShouldContain("gin_trgm_ops");

        await (await op.Client.GetAsync($"{Users}?search={new string('x', 201)}")).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "search");
        await (await op.Client.GetAsync($"{Users}?cursor=nonsense")).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "cursor");
        await (await op.Client.GetAsync($"{Users}?limit=201")).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "limit");

        async Task<Listed<FoundUser>> FindAsync(string search, string rest = "") =>
            (await op.Client.GetFromJsonAsync<Listed<FoundUser>>($"{Users}?search={Uri.EscapeDataString(search)}{rest}"))!;
    }

    [Fact]
    public async Task A_users_details_contain_no_secrets()
    {
        var op = await Operator.SharedAsync(identity);
        var (account, _, _, client) = await identity.WithAppAsync();
        using (client)
        {
            using var key = await client.PostAsJsonAsync("/api/v1/api-keys", new { name = "a key", scopes = new[] { "links:read" } });
            key.StatusCode.ShouldBe(HttpStatusCode.Created);
        }

        using var response = await op.Client.GetAsync($"{Users}/{account.Id}");
        var text = await response.Content.ReadAsStringAsync();
        var details = JsonSerializer.Deserialize<UserDetails>(text, JsonSerializerOptions.Web)!;
        details.ShouldSatisfyAllConditions(
            () => details.Email.ShouldBe(account.Email),
            () => details.Operator.ShouldBeFalse(),
            () => details.Sessions.ShouldBe(1),
            () => details.ApiKeys.ShouldBe(1),
            () => details.TwoFactor.Authenticator.ShouldBeTrue(),
            () => details.Suspension.ShouldBeNull(),
            () => details.Workspaces.ShouldHaveSingleItem().Role.ShouldBe("owner"));
        foreach (var secret in (string[])["hash", "secret", "stamp", "token"])
        {
            text.ShouldNotContain(secret, Case.Insensitive);
        }

        await (await op.Client.GetAsync($"{Users}/{Guid.NewGuid()}")).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_suspended_user_is_refused_everywhere_and_learns_the_reason_only_with_the_right_password()
    {
        var op = await Operator.SharedAsync(identity);
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        using var created = await client.PostAsJsonAsync("/api/v1/api-keys", new { name = "a key", scopes = new[] { "links:read" } });
        var key = await created.ShouldBeAsync<CreatedKey>(HttpStatusCode.Created);
        using var services = identity.Host.CreateInternalClient();
        using var exchanged = await services.PostAsJsonAsync("/internal/api-keys/exchange", new { key = key.Key });
        var keyToken = (await exchanged.ShouldBeAsync<Exchanged>(HttpStatusCode.OK)).AccessToken;

        using var suspended = await op.SuspendAsync(account.Id, "  spam in 40 links  ");
        (await suspended.ShouldBeAsync<UserDetails>(HttpStatusCode.OK)).ShouldSatisfyAllConditions(
            details => details.Suspension!.Reason.ShouldBe("spam in 40 links"),
            details => details.Suspension!.By.ShouldBe(op.Account.Id),
            details => details.Sessions.ShouldBe(0));

        // On the other replica, which consumes the event.
        await Eventually.PassesAsync(async () => (await client.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized));
        var revoked = identity.Host.Services.GetRequiredService<RevokedAccess>();
        await Eventually.PassesAsync(() =>
        {
            revoked.IsRevoked(keyToken).ShouldBeTrue("tokens that the key was exchanged for");
            return Task.CompletedTask;
        });
        using var again = await services.PostAsJsonAsync("/internal/api-keys/exchange", new { key = key.Key });
        await again.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        await (await account.TryLogInAsync(Account.Password)).ShouldBeProblemAsync(HttpStatusCode.Forbidden, "account-suspended");
        await (await account.TryLogInAsync("Wrong-Horse-8-Battery")).ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-credentials");
        var notice = await identity.NoticeAsync(account.Id, SecurityNoticeKinds.AccountSuspended);
        (notice.Device, notice.Network).ShouldBe((null, null), "operators' devices and networks are not disclosed");

        using var restored = await op.Client.PostAsJsonAsync($"{Users}/{account.Id}/restore", new { reason = "a mistake" });
        (await restored.ShouldBeAsync<UserDetails>(HttpStatusCode.OK)).Suspension.ShouldBeNull();
        await account.LogInAsync();
        using var works = await services.PostAsJsonAsync("/internal/api-keys/exchange", new { key = key.Key });
        works.StatusCode.ShouldBe(HttpStatusCode.OK);
        await identity.NoticeAsync(account.Id, SecurityNoticeKinds.AccountRestored);
        await (await op.Client.PostAsJsonAsync($"{Users}/{account.Id}/restore", new { reason = "again" })).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");

        // Both logs have it: the operators' with the name, the user's without.
        var entries = await Eventually.BecomesAsync(
            () => op.Client.GetFromJsonAsync<Listed<LogEntry>>($"/api/v1/admin/audit-log?target=user:{account.Id}")!, log => log!.Items.Length == 2);
        entries!.Items.Select(entry => entry.Action).ShouldBe(["user.restored", "user.suspended"]);
        entries.Items[1].ShouldSatisfyAllConditions(
            entry => entry.Actor.Kind.ShouldBe("operator"), entry => entry.Actor.Id.ShouldBe(op.Account.Id), entry => entry.Actor.Email.ShouldBe(op.Account.Email));
        using var mine = await account.SignedInAsync();
        var own = await Eventually.BecomesAsync(
            () => mine.GetFromJsonAsync<Listed<LogEntry>>("/api/v1/audit-log?action=user.*&actor=operator")!, log => log!.Items.Length == 2);
        own!.Items[1].ShouldSatisfyAllConditions(entry => entry.Actor.Id.ShouldBeNull(), entry => entry.Action.ShouldBe("user.suspended"));
        (await op.Client.GetFromJsonAsync<Verified>("/api/v1/admin/audit-log/verify"))!.ShouldSatisfyAllConditions(
            verified => verified.Valid.ShouldBeTrue(), verified => verified.Checked.ShouldBeGreaterThan(1));
    }

    [Fact]
    public async Task A_suspension_also_refuses_a_sign_in_that_waits_for_its_second_factor()
    {
        var op = await Operator.SharedAsync(identity);
        var (account, app, _, client) = await identity.WithAppAsync();
        client.Dispose();
        var challenge = await account.ChallengeAsync();
        using var suspended = await op.SuspendAsync(account.Id);
        suspended.StatusCode.ShouldBe(HttpStatusCode.OK);

        await (await account.SecondStepAsync(new { challenge = challenge.Challenge, code = app.NextCode() }))
            .ShouldBeProblemAsync(HttpStatusCode.Forbidden, "account-suspended");
    }

    [Theory]
    [InlineData("""{"reason":""}""", "reason")]
    [InlineData("""{"reason":"   "}""", "reason")]
    [InlineData("""{"reason":"a\u0007b"}""", "reason")]
    [InlineData("""{}""", "reason")]
    [InlineData("""{"reason":"a","until":"2027-01-01T00:00:00Z"}""", "until")]
    public async Task A_suspension_without_a_reason_is_refused_and_changes_nothing(string json, string field)
    {
        var op = await Operator.SharedAsync(identity);
        var account = await identity.RegisterAsync();
        await (await op.Client.PostRawAsync($"{Users}/{account.Id}/suspend", json)).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        await (await op.Client.PostRawAsync($"{Workspaces}/{account.WorkspaceId}/suspend", json)).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        await account.LogInAsync();
    }

    [Fact]
    public async Task Operators_can_suspend_neither_themselves_nor_the_last_operator()
    {
        var other = await identity.WithAppAsync();
        other.Client.Dispose();
        await identity.ExecuteAsync("update users set email_confirmed = true where id = @Id", new { other.Account.Id });
        await using var op = await Operator.CreateAsync(identity, other.Account.Email);
        await (await op.SuspendAsync(op.Account.Id)).ShouldBeProblemAsync(HttpStatusCode.Conflict, "operator-protected");

        // They suspend each other concurrently, and one of them remains.
        using var second = await Operator.SignInAsync(op.Host, other.Account, other.App);
        var answers = await Task.WhenAll(
            op.SuspendAsync(other.Account.Id), second.PostAsJsonAsync($"{Users}/{op.Account.Id}/suspend", new { reason = "you first" }));
        answers.Count(answer => answer.StatusCode == HttpStatusCode.OK).ShouldBe(1);
        (await identity.QueryAsync<int>(
            "select count(*)::int from user_suspensions where user_id in (@First, @Second)", new { First = op.Account.Id, Second = other.Account.Id })).ShouldBe(1);
    }

    [Fact]
    public async Task Signing_a_user_out_ends_their_sessions_and_keeps_their_keys()
    {
        var op = await Operator.SharedAsync(identity);
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        using var signedOut = await op.Client.PostAsync($"{Users}/{account.Id}/sign-out", null);
        signedOut.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Eventually.PassesAsync(async () => (await client.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized));
        await account.LogInAsync();
        await (await op.Client.PostAsync($"{Users}/{Guid.NewGuid()}/sign-out", null)).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_suspended_workspace_is_read_only_and_links_is_notified()
    {
        var op = await Operator.SharedAsync(identity);
        using var team = await Team.CreateAsync(identity, "Suspicious " + Guid.NewGuid().ToString("N"));
        (await op.Client.GetFromJsonAsync<Listed<FoundWorkspace>>($"{Workspaces}?search={Uri.EscapeDataString(team.Workspace.Name[3..])}"))!
            .Items.ShouldHaveSingleItem().Id.ShouldBe(team.Id);

        using var suspended = await op.Client.PostAsJsonAsync($"{Workspaces}/{team.Id}/suspend", new { reason = "phishing" });
        var details = await suspended.ShouldBeAsync<WorkspaceDetails>(HttpStatusCode.OK);
        details.Suspension!.Reason.ShouldBe("phishing");
        details.Members.ShouldHaveSingleItem().Email.ShouldBe(team.Owner.Email);
        (await identity.Events.HearsAsync<WorkspaceSuspensionChanged>(e => e.WorkspaceId == team.Id)).ShouldSatisfyAllConditions(
            e => e.Suspended.ShouldBeTrue(), e => e.Version.ShouldBe(1));

        (await team.OwnerClient.GetAsync(team.Path)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await (await team.OwnerClient.PatchAsJsonAsync(team.Path, new { name = "Innocent" })).ShouldBeProblemAsync(HttpStatusCode.Forbidden, "workspace-suspended");
        using var inTeam = await team.OwnerClient.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = team.Id });
        using var member = identity.Host.CreateClient((await inTeam.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
        await (await member.PostAsJsonAsync("/api/v1/api-keys", new { name = "k", scopes = new[] { "links:read" } }))
            .ShouldBeProblemAsync(HttpStatusCode.Forbidden, "workspace-suspended");

        using var restored = await op.Client.PostAsJsonAsync($"{Workspaces}/{team.Id}/restore", new { reason = "clean now" });
        (await restored.ShouldBeAsync<WorkspaceDetails>(HttpStatusCode.OK)).Suspension.ShouldBeNull();
        (await identity.Events.HearsAsync<WorkspaceSuspensionChanged>(e => e.WorkspaceId == team.Id && !e.Suspended)).Version.ShouldBe(2);
        (await member.PatchAsJsonAsync(team.Path, new { name = "Innocent" })).StatusCode.ShouldBe(HttpStatusCode.OK);
        await (await op.Client.PostAsJsonAsync($"{Workspaces}/{team.Id}/restore", new { reason = "again" })).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        await (await op.Client.PostAsJsonAsync($"{Workspaces}/{Guid.NewGuid()}/suspend", new { reason = "nobody" })).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");

        // The workspace's own log has it, and records that an operator read it.
        var log = await Eventually.BecomesAsync(
            () => op.Client.GetFromJsonAsync<Listed<LogEntry>>($"/api/v1/admin/audit-log?workspaceId={team.Id}&actor=operator")!,
            log => log!.Items.Select(entry => entry.Action).Distinct().Count() == 3);
        log!.Items.Select(entry => entry.Action).Distinct().ShouldBe(["auditLog.viewed", "workspace.restored", "workspace.suspended"], ignoreOrder: true);
        (await op.Client.GetFromJsonAsync<Verified>($"/api/v1/admin/audit-log/verify?workspaceId={team.Id}"))!.Valid.ShouldBeTrue();
    }

    [Fact]
    public async Task A_suspension_by_the_command_line_applies_here_and_the_echo_of_our_own_is_ignored()
    {
        var op = await Operator.SharedAsync(identity);
        using var team = await Team.CreateAsync(identity);
        await identity.Events.PublishAsync(new SuspensionChanged("workspace", team.Id.ToString(), true, "typed", 1, TimeProvider.System.GetUtcNow()));
        await Eventually.PassesAsync(async () =>
            (await op.Client.GetFromJsonAsync<WorkspaceDetails>($"{Workspaces}/{team.Id}"))!.Suspension!.Reason.ShouldBe("typed"));

        // links' echo of identity's own request, and events about targets that aren't workspaces here.
        await identity.Events.PublishAsync(new SuspensionChanged("workspace", team.Id.ToString(), false, null, 2, TimeProvider.System.GetUtcNow()) { IdentityVersion = 7 });
        await identity.Events.PublishAsync(new SuspensionChanged("workspace", Guid.NewGuid().ToString(), true, null, 3, TimeProvider.System.GetUtcNow()));
        await identity.Events.PublishAsync(new SuspensionChanged("host", "evil.example", true, null, 4, TimeProvider.System.GetUtcNow()));
        var last = Guid.CreateVersion7();
        await identity.Events.PublishAsync(new SuspensionChanged("workspace", team.Owner.WorkspaceId.ToString(), true, "after", 5, TimeProvider.System.GetUtcNow()), last);
        await Eventually.PassesAsync(async () => (await identity.QueryAsync<int>("select count(*)::int from inbox where message_id = @last", new { last })).ShouldBe(1));
        (await op.Client.GetFromJsonAsync<WorkspaceDetails>($"{Workspaces}/{team.Id}"))!.Suspension.ShouldNotBeNull();
        await identity.Events.PublishAsync(new SuspensionChanged("workspace", team.Id.ToString(), false, null, 6, TimeProvider.System.GetUtcNow()));
        await Eventually.PassesAsync(async () => (await op.Client.GetFromJsonAsync<WorkspaceDetails>($"{Workspaces}/{team.Id}"))!.Suspension.ShouldBeNull());
    }

    [Fact]
    public void Invalid_operator_addresses_stop_the_start()
    {
        using var host = identity.Another(("Admin:Emails", "ada@example.com, nobody"));
        Should.Throw<Exception>(() => host.CreateClient()).ToString().ShouldContain("Admin__Emails");
    }

    private static string Sign(Account account, TokenPair? session, SigningCredentials credentials, DateTimeOffset authenticatedAt)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Tokens.Issuer,
            Audience = Tokens.Audience,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = now.UtcDateTime.AddMinutes(10),
            Claims = new Dictionary<string, object>
            {
                [Tokens.Claims.Subject] = account.Id.ToString(),
                [Tokens.Claims.Workspace] = account.WorkspaceId.ToString(),
                [Tokens.Claims.Role] = "owner",
                [Tokens.Claims.Scope] = string.Join(' ', Scopes.All),
                [Tokens.Claims.Plan] = "free",
                [Tokens.Claims.Locale] = "en",
                [Tokens.Claims.Session] = session is null ? Guid.CreateVersion7().ToString() : new JsonWebToken(session.AccessToken).GetClaim(Tokens.Claims.Session).Value,
                [Tokens.Claims.Methods] = "pwd otp mfa",
                [Tokens.Claims.AuthenticatedAt] = authenticatedAt.ToUnixTimeSeconds(),
                [Tokens.Claims.IssuedAtMs] = now.ToUnixTimeMilliseconds(),
                [Tokens.Claims.Operator] = "true",
            },
            SigningCredentials = credentials,
        });
    }
}

public sealed record FoundUser(Guid Id, string Email, bool EmailVerified, string? Name, bool Suspended);

public sealed record FoundWorkspace(Guid Id, string Name, string Plan, bool Personal, int Members, bool Suspended);

public sealed record SuspensionBody(string Reason, Guid By, DateTimeOffset At);

public sealed record FactorsBody(bool Authenticator, int Passkeys);

public sealed record PlaceBody(Guid Id, string Name, string Role, bool Personal, bool Suspended);

public sealed record UserDetails(
    Guid Id, string Email, bool Operator, SuspensionBody? Suspension, FactorsBody TwoFactor, int Sessions, int ApiKeys, DateTimeOffset? ViewAllowedUntil, PlaceBody[] Workspaces);

public sealed record WorkspaceDetails(Guid Id, string Name, SuspensionBody? Suspension, FoundUser[] Members);

public sealed record LogActor(string Kind, Guid? Id, string? Email);

public sealed record LogTarget(string Type, string Id);

public sealed record LogEntry(Guid Id, string Action, LogActor Actor, LogTarget Target);

public sealed record Verified(bool Valid, long Checked);
