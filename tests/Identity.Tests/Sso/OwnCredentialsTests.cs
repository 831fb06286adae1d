using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using LinkShort.Testing;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LinkShort.Identity.Tests.Sso;

/// <summary>A workspace's provider vouches for a user in that workspace alone: docs/adr/0050.</summary>
[Collection(nameof(SsoFixture))]
public sealed class OwnCredentialsTests(SsoFixture fixture, IdentityApplication identity, PasskeyBrowser browser) : IClassFixture<PasskeyBrowser>
{
    private const string Confirm = "/api/v1/auth/confirm";
    private const string Switch = "/api/v1/auth/switch";

    /// <summary>How each kind of session starts, and whether the account's own credentials were proved.</summary>
    private static readonly Dictionary<string, (bool Own, Func<Member, Task<string>> SignIn)> Kinds = new()
    {
        ["password"] = (true, async member => (await member.Account.LogInAsync()).AccessToken),
        ["password and own second factor"] = (true, async member => (await member.PasswordAndCodeAsync()).AccessToken),
        ["provider of the installation"] = (true, member => member.InstallationAsync()),
        ["provider of the workspace"] = (false, async member => (await member.Team.SignInAsync(member.Account.Email)).AccessToken!),
        ["provider of the workspace, claiming two factors"] = (false, async member => (await member.WithTwoFactorsAtProviderAsync()).AccessToken),
        ["provider of the workspace, then the own second factor"] = (false, async member => (await member.ProviderAndCodeAsync()).AccessToken),
        ["provider of the workspace, refreshed"] = (false, async member => (await member.RefreshAsync((await member.Team.SignInAsync(member.Account.Email)).RefreshToken!)).AccessToken),
        ["provider of the workspace, then the own password"] = (true, async member =>
            (await member.ConfirmAsync((await member.Team.SignInAsync(member.Account.Email)).AccessToken!, new { password = Account.Password })).AccessToken),
        ["provider of the workspace, then own password and second factor"] = (true, async member =>
        {
            var started = await member.WithTwoFactorsAtProviderAsync();
            return (await member.ConfirmAsync(started.AccessToken, new { password = Account.Password, code = member.App!.NextCode() })).AccessToken;
        }),
        ["confirmed and refreshed"] = (true, async member =>
        {
            var confirmed = await member.ConfirmAsync((await member.Team.SignInAsync(member.Account.Email)).AccessToken!, new { password = Account.Password });
            return (await member.RefreshAsync(confirmed.RefreshToken)).AccessToken;
        }),
    };

    public static TheoryData<string> KindNames => [.. Kinds.Keys];

    [Theory]
    [MemberData(nameof(KindNames))]
    public async Task A_session_has_the_account_and_other_workspaces_only_by_own_credentials(string kind)
    {
        await using var team = await fixture.NewTeamAsync(new { acceptMfa = true });
        using var other = await OtherTeamAsync();
        var member = await Member.CreateAsync(fixture, team, other.Id);
        var (own, signIn) = Kinds[kind];
        if (kind.Contains("factor", StringComparison.Ordinal))
        {
            await member.EnableAppAsync();
        }

        using var client = fixture.Host.CreateClient(await signIn(member));
        var wrong = new List<string>();

        // The provider's workspace: whatever the role allows.
        await CheckAsync("GET", team.Path, null, "admitted");
        await CheckAsync("GET", $"{team.Path}/members", null, "admitted");
        await CheckAsync("PATCH", team.Path, """{"name":"Renamed"}""", "admitted");
        await CheckAsync("POST", $"{team.Path}/invitations", $$"""{"email":"{{Account.NewEmail()}}","role":"member"}""", "admitted");
        await CheckAsync("GET", "/api/v1/me", null, "admitted");
        await CheckAsync("GET", "/api/v1/me/2fa", null, "admitted");
        await CheckAsync("PATCH", "/api/v1/me", """{"theme":"dark"}""", "admitted");

        // Other workspaces.
        foreach (var elsewhere in new[] { other.Id, member.Account.WorkspaceId })
        {
            var path = $"/api/v1/workspaces/{elsewhere}";
            await CheckAsync("GET", path, null, own ? "admitted" : "refused");
            await CheckAsync("GET", $"{path}/members", null, own ? "admitted" : "refused");
            await CheckAsync("PATCH", path, """{"name":"Renamed"}""", own ? "admitted" : "refused");
        }

        var listed = (await client.GetFromJsonAsync<Listed<WorkspaceBody>>("/api/v1/workspaces"))!.Items.Select(each => each.Id);
        listed.ShouldBe(own ? [member.Account.WorkspaceId, team.Id, other.Id] : [team.Id], ignoreOrder: true);
        (await client.GetFromJsonAsync<JsonNode>("/api/v1/me"))!["limitedToWorkspace"]!.GetValue<bool>().ShouldBe(!own);

        // The account: every endpoint whose permission says so.
        await CheckAsync("PATCH", "/api/v1/me", """{"name":"Ada"}""", own ? "admitted" : "refused");
        foreach (var endpoint in AccountEndpoints())
        {
            await CheckAsync(endpoint.Split(' ')[0], PathOf(endpoint), AccessTests.Bodies.GetValueOrDefault(endpoint, "{}"), own ? "admitted" : "refused");
        }

        // Switching, last, because it replaces the session's tokens.
        await CheckAsync("POST", Switch, JsonSerializer.Serialize(new { workspaceId = member.Account.WorkspaceId }), own ? "admitted" : "refused");
        wrong.ShouldBeEmpty();

        async Task CheckAsync(string method, string path, string? body, string expected)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            request.Content = method == "GET" ? null : new StringContent(body ?? "{}", Encoding.UTF8, "application/json");
            using var response = await client.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            var found = text.Contains("/problems/recent-sign-in-required", StringComparison.Ordinal) ? "refused"
                : response.StatusCode is HttpStatusCode.Forbidden && !text.Contains("role in the workspace", StringComparison.Ordinal) || (int)response.StatusCode >= 500 ? text
                : response.StatusCode is HttpStatusCode.Unauthorized ? text
                : "admitted";
            if (found != expected)
            {
                wrong.Add($"{method} {path}: {found}, not {expected}");
            }
        }
    }

    [Fact]
    public async Task An_API_key_of_a_session_by_the_workspaces_provider_is_of_that_workspace()
    {
        await using var team = await fixture.NewTeamAsync();
        using var other = await OtherTeamAsync();
        var member = await Member.CreateAsync(fixture, team, other.Id);
        using var client = fixture.Host.CreateClient((await team.SignInAsync(member.Account.Email)).AccessToken!);
        using var created = await client.PostAsJsonAsync("/api/v1/api-keys", new { name = "k", scopes = new[] { "audit:read" } });
        var key = await created.ShouldBeAsync<CreatedKey>(HttpStatusCode.Created);
        (await identity.QueryAsync<Guid>("select workspace_id from api_keys where id = @Id", new { key.Id })).ShouldBe(team.Id);
    }

    [Fact]
    public async Task A_workspaces_provider_does_not_get_past_the_accounts_own_second_factor()
    {
        await using var team = await fixture.NewTeamAsync(new { acceptMfa = true });
        using var other = await OtherTeamAsync();
        var member = await Member.CreateAsync(fixture, team, other.Id);
        await member.EnableAppAsync();
        var started = await member.WithTwoFactorsAtProviderAsync();
        using var client = fixture.Host.CreateClient(started.AccessToken);

        using var personal = await client.PostAsJsonAsync(Switch, new { workspaceId = member.Account.WorkspaceId });
        await personal.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
        (await personal.Content.ReadFromJsonAsync<JsonNode>())!["credentials"]!.GetValue<string>().ShouldBe("own");
        using var back = await client.PostAsJsonAsync(Switch, new { workspaceId = team.Id });
        var here = await back.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        using var same = fixture.Host.CreateClient(here.AccessToken);

        using var passwordAlone = await same.PostAsJsonAsync(Confirm, new { password = Account.Password });
        await passwordAlone.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "two-factor-required");
        using var codeAlone = await same.PostAsJsonAsync(Confirm, new { code = member.App!.NextCode() });
        await codeAlone.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "password");
        using var still = await same.DeleteAsJsonAsync("/api/v1/me", new { });
        await still.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");

        var confirmed = await member.ConfirmAsync(here.AccessToken, new { password = Account.Password, code = member.App.NextCode() });
        using var whole = fixture.Host.CreateClient(confirmed.AccessToken);
        using var switched = await whole.PostAsJsonAsync(Switch, new { workspaceId = member.Account.WorkspaceId });
        var token = new JsonWebToken((await switched.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
        token.GetClaim("role").Value.ShouldBe("owner");
        token.GetClaim("scope").Value.ShouldContain(Scopes.LinksWrite);
    }

    [Fact]
    public async Task A_code_alone_is_no_own_credential_of_an_account_without_a_password()
    {
        await using var team = await fixture.NewTeamAsync(new { acceptMfa = true });
        using var other = await OtherTeamAsync();
        var member = await Member.CreateAsync(fixture, team, other.Id);
        await member.EnableAppAsync();
        await identity.ExecuteAsync("update users set password_hash = null where id = @Id", new { member.Account.Id });
        using var client = fixture.Host.CreateClient((await member.WithTwoFactorsAtProviderAsync()).AccessToken);

        using var code = await client.PostAsJsonAsync(Confirm, new { code = member.App!.NextCode() });

        await code.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "password");
    }

    [Fact]
    public async Task A_passkey_is_an_own_credential_alone_and_after_the_workspaces_provider()
    {
        await using var team = await fixture.NewTeamAsync(new { acceptMfa = true });
        using var other = await OtherTeamAsync();
        var member = await Member.CreateAsync(fixture, team, other.Id);
        await using var host = fixture.Start(("Identity:PublicUrl", browser.Origin));
        await using var device = await browser.NewDeviceAsync();
        using (var client = host.CreateClient((await member.Account.LogInAsync()).AccessToken))
        {
            using var options = await client.PostAsync("/api/v1/me/passkeys/options", null);
            var credential = await device.CreateAsync(await options.ShouldBeAsync<JsonElement>(HttpStatusCode.OK));
            using var added = await client.PostAsJsonAsync("/api/v1/me/passkeys", new { credential, name = "Laptop" });
            added.StatusCode.ShouldBe(HttpStatusCode.Created);
        }

        using var anonymous = host.CreateClient();
        using var alone = await anonymous.PostAsJsonAsync("/api/v1/auth/passkey", new { credential = await SignAsync() });
        await ShouldBeWholeAsync(await alone.ShouldBeAsync<TokenPair>(HttpStatusCode.OK));

        using var limited = host.CreateClient((await member.WithTwoFactorsAtProviderAsync()).AccessToken);
        using var refused = await limited.GetAsync("/api/v1/me/passkeys");
        await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
        using var confirmed = await limited.PostAsJsonAsync(Confirm, new { credential = await SignAsync() });
        await ShouldBeWholeAsync(await confirmed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK));

        async Task<JsonElement> SignAsync()
        {
            using var options = await anonymous.PostAsJsonAsync("/api/v1/auth/passkey/options", new { });
            return await device.SignAsync(await options.ShouldBeAsync<JsonElement>(HttpStatusCode.OK));
        }

        async Task ShouldBeWholeAsync(TokenPair tokens)
        {
            using var client = host.CreateClient(tokens.AccessToken);
            (await client.GetAsync("/api/v1/me/passkeys")).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await client.PostAsync("/api/v1/me/2fa/setup", null)).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await client.PostAsJsonAsync(Switch, new { workspaceId = other.Id })).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task An_account_without_a_password_sets_one_by_email_as_its_own_credential()
    {
        await using var team = await fixture.NewTeamAsync();
        var email = team.NewEmail();
        using var client = fixture.Host.CreateClient((await team.SignInAsync(email)).AccessToken!);
        var profile = (await client.GetFromJsonAsync<Profile>("/api/v1/me"))!;
        using var none = await client.PostAsJsonAsync(Confirm, new { });
        (await none.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "password")).Errors!["password"].ShouldHaveSingleItem().ShouldContain("Forgot your password?");

        using var anonymous = fixture.Host.CreateClient();
        (await anonymous.PostAsJsonAsync("/api/v1/auth/password/forgot", new { email })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var set = await anonymous.PostAsJsonAsync(
            "/api/v1/auth/password/reset", new { token = await identity.ResetAsync(profile.Id), password = Account.Password });
        set.StatusCode.ShouldBe(HttpStatusCode.NoContent);

        using var again = fixture.Host.CreateClient((await team.SignInAsync(email)).AccessToken!);
        using var confirmed = await again.PostAsJsonAsync(Confirm, new { password = Account.Password });
        using var whole = fixture.Host.CreateClient((await confirmed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
        (await whole.EnableAppAsync()).RecoveryCodes.Length.ShouldBe(10);
    }

    [Fact]
    public async Task The_providers_time_is_recent_for_the_workspace_and_not_for_the_account()
    {
        await using var team = await fixture.NewTeamAsync();
        using var other = await OtherTeamAsync();
        var member = await Member.CreateAsync(fixture, team, other.Id, role: "owner");
        var started = await team.SignInAsync(member.Account.Email);
        using (var limited = fixture.Host.CreateClient(started.AccessToken!))
        {
            // A workspace's owner deletes it through its own provider, and restores it.
            (await limited.DeleteAsync(team.Path)).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await limited.PostAsync($"{team.Path}/restore", null)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        started = await team.SignInAsync(member.Account.Email);
        var confirmed = await member.ConfirmAsync(started.AccessToken!, new { password = Account.Password });
        await identity.ExecuteAsync(
            "update sessions set own_authenticated_at = now() - interval '1 hour', authenticated_at = now() where user_id = @Id and own_authenticated_at is not null",
            new { member.Account.Id });
        using var client = fixture.Host.CreateClient((await member.RefreshAsync(confirmed.RefreshToken)).AccessToken);
        (await client.GetAsync("/api/v1/me/sessions")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var change = await client.PostAsync("/api/v1/me/2fa/setup", null);
        await change.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
        (await client.DeleteAsync(team.Path)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Outside_the_providers_workspace_a_token_only_serves_to_prove_own_credentials()
    {
        await using var team = await fixture.NewTeamAsync();
        using var other = await OtherTeamAsync();
        var member = await Member.CreateAsync(fixture, team, other.Id);
        var started = await team.SignInAsync(member.Account.Email);
        (await team.OwnerClient.DeleteAsync($"{team.Path}/members/{member.Account.Id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        var moved = await member.RefreshAsync(started.RefreshToken!);
        var token = new JsonWebToken(moved.AccessToken);
        token.GetClaim("ws").Value.ShouldBe(member.Account.WorkspaceId.ToString());
        token.GetClaim("role").Value.ShouldBe("viewer");
        token.GetClaim("scope").Value.ShouldBe(Scopes.Account);
        using var client = fixture.Host.CreateClient(moved.AccessToken);
        foreach (var path in new[] { $"/api/v1/workspaces/{member.Account.WorkspaceId}", "/api/v1/api-keys", "/api/v1/audit-log", "/api/v1/me/sessions" })
        {
            using var refused = await client.GetAsync(path);
            await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
        }

        using var key = await client.PostAsJsonAsync("/api/v1/api-keys", new { name = "k", scopes = new[] { "links:read" } });
        await key.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
        using var whole = fixture.Host.CreateClient((await member.ConfirmAsync(moved.AccessToken, new { password = Account.Password })).AccessToken);
        (await whole.GetAsync("/api/v1/api-keys")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_workspaces_provider_neither_opens_the_administration_nor_cancels_the_accounts_deletion()
    {
        await using var team = await fixture.NewTeamAsync(new { acceptMfa = true });
        using var other = await OtherTeamAsync();
        var member = await Member.CreateAsync(fixture, team, other.Id);
        await member.EnableAppAsync();
        await using var host = fixture.Start(("Admin:Emails", member.Account.Email));
        var challenged = await member.ProviderAndCodeAsync(host);
        new JsonWebToken(challenged.AccessToken).TryGetClaim(Tokens.Claims.Operator, out _).ShouldBeFalse();
        using var client = host.CreateClient(challenged.AccessToken);
        using var refused = await client.GetAsync("/api/v1/admin/users");
        await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "forbidden");

        using var confirm = await client.PostAsJsonAsync(Confirm, new { password = Account.Password, code = member.App!.NextCode() });
        using var whole = host.CreateClient((await confirm.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
        (await whole.GetAsync("/api/v1/admin/users")).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var deleted = await whole.DeleteAsJsonAsync("/api/v1/me", new { });
        deleted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        using var limited = fixture.Host.CreateClient((await member.WithTwoFactorsAtProviderAsync()).AccessToken);
        (await limited.GetFromJsonAsync<JsonNode>("/api/v1/me/erasure"))!["dueAt"].ShouldNotBeNull("the provider's sign-in cancels nothing");
        using var restore = await limited.PostAsync("/api/v1/me/restore", null);
        await restore.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
    }

    /// <summary>Every endpoint whose permission needs own credentials; the deletion of the account last.</summary>
    private List<string> AccountEndpoints() =>
    [
        .. fixture.Host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Any(data => Permissions.NeedOwnCredentials.Contains(data.Policy ?? "")))
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} /{endpoint.RoutePattern.RawText!.Trim('/')}"))
            .OrderBy(name => name == "DELETE /api/v1/me"),
    ];

    private static string PathOf(string endpoint) => endpoint.Split(' ')[1]
        .Replace("{id}", Guid.NewGuid().ToString(), StringComparison.Ordinal).Replace("{provider}", "unknown", StringComparison.Ordinal);

    private Task<Team> OtherTeamAsync() => Team.CreateAsync(identity);

    /// <summary>A user with a password, in a workspace with a provider and in another team.</summary>
    private sealed class Member(SsoFixture fixture, SsoTeam team, Account account)
    {
        public SsoTeam Team => team;

        public Account Account => account;

        public AuthenticatorApp? App { get; private set; }

        public static async Task<Member> CreateAsync(SsoFixture fixture, SsoTeam team, Guid otherTeam, string role = "admin")
        {
            var account = await fixture.RegisterVerifiedAsync(team.NewEmail());
            await fixture.Identity.ExecuteAsync(
                """
                insert into members (workspace_id, user_id, role, joined_at)
                values (@TeamId, @Id, @role, now()), (@otherTeam, @Id, 'admin', now())
                """,
                new { TeamId = team.Id, account.Id, otherTeam, role });
            // Links the account by its address.
            await team.SignInAsync(account.Email);
            return new Member(fixture, team, account);
        }

        public async Task EnableAppAsync()
        {
            using var client = await account.SignedInAsync();
            (App, _) = await client.EnableAppAsync();
        }

        public async Task<TokenPair> PasswordAndCodeAsync() => await SecondStepAsync(await account.ChallengeAsync(), fixture.Host);

        /// <summary>The workspace accepts the provider's two factors.</summary>
        public async Task<TokenPair> WithTwoFactorsAtProviderAsync()
        {
            using var response = await team.TrySignInAsync(account.Email, claims: token => token["amr"] = new JsonArray("pwd", "mfa"));
            return await response.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        }

        /// <summary>The provider claims one factor, so the account's own second one is asked for.</summary>
        public async Task<TokenPair> ProviderAndCodeAsync(ServiceFactory<Program>? host = null)
        {
            using var response = await team.TrySignInAsync(account.Email);
            return await SecondStepAsync(await response.ShouldBeAsync<Challenged>(HttpStatusCode.Unauthorized), host ?? fixture.Host);
        }

        /// <summary>Signs in through a provider of the installation, which links the account by its verified address.</summary>
        public async Task<string> InstallationAsync()
        {
            var visitor = fixture.Visit();
            var request = await visitor.StartAsync("liar");
            using var response = await visitor.FinishAsync(
                request, fixture.Liar.Agree(request, claims => (claims["email"], claims["email_verified"]) = (account.Email, true)));
            return (await response.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken;
        }

        public async Task<TokenPair> RefreshAsync(string refreshToken)
        {
            using var client = fixture.Host.CreateClient();
            using var response = await client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken });
            return await response.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        }

        public async Task<TokenPair> ConfirmAsync(string accessToken, object proof)
        {
            using var client = fixture.Host.CreateClient(accessToken);
            using var response = await client.PostAsJsonAsync(Confirm, proof);
            return await response.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        }

        private async Task<TokenPair> SecondStepAsync(Challenged challenge, ServiceFactory<Program> host)
        {
            using var client = host.CreateClient();
            using var response = await client.PostAsJsonAsync(Factors.SecondStep, new { challenge = challenge.Challenge, code = App!.NextCode() });
            return await response.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        }
    }
}
