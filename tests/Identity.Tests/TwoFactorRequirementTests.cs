using System.Net;
using System.Net.Http.Json;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LinkShort.Identity.Tests;

/// <summary>Workspaces that require two factors, and confirming your identity with them.</summary>
public sealed class TwoFactorRequirementTests(IdentityApplication identity)
{
    private const string Confirm = "/api/v1/auth/confirm";

    [Fact]
    public async Task A_workspace_that_requires_two_factors_issues_no_tokens_to_sessions_with_one()
    {
        var member = await identity.RegisterAsync();
        var workspace = await WorkspaceOfAsync(member);
        var tokens = await member.LogInAsync();
        using var client = member.Host.CreateClient(tokens.AccessToken);
        using var refused = await client.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = workspace });
        await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "two-factor-enrollment-required");

        // The own workspace remains accessible, to set up two-factor authentication.
        using var refreshed = await client.PostAsJsonAsync("/api/v1/auth/refresh", new { tokens.RefreshToken });
        refreshed.StatusCode.ShouldBe(HttpStatusCode.OK);
        var (app, _) = await client.EnableAppAsync();
        using var admitted = await client.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = workspace });
        var inside = await admitted.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        new JsonWebToken(inside.AccessToken).GetClaim("ws").Value.ShouldBe(workspace.ToString());
        using var again = await client.PostAsJsonAsync("/api/v1/auth/refresh", new { inside.RefreshToken });
        again.StatusCode.ShouldBe(HttpStatusCode.OK);

        // The next sign-in proves both factors and is accepted immediately.
        using var second = await member.SecondStepAsync(new { (await member.ChallengeAsync()).Challenge, code = app.NextCode() });
        using var next = member.Host.CreateClient((await second.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
        using var switched = await next.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = workspace });
        switched.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_session_in_a_workspace_that_starts_to_require_two_factors_continues_in_the_users_own_workspace()
    {
        var member = await identity.RegisterAsync();
        var workspace = await WorkspaceOfAsync(member, required: false);
        using var client = await member.SignedInAsync();
        using var switched = await client.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = workspace });
        var inside = await switched.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        await RequireAsync(workspace);
        using var moved = await client.PostAsJsonAsync("/api/v1/auth/refresh", new { inside.RefreshToken });
        var outside = await moved.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        new JsonWebToken(outside.AccessToken).GetClaim("ws").Value.ShouldBe(member.WorkspaceId.ToString());
        using var own = member.Host.CreateClient(outside.AccessToken);
        await own.EnableAppAsync();
        using var back = await own.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = workspace });
        back.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Confirming_asks_for_the_second_factor_too()
    {
        var (_, app, codes, client) = await identity.WithAppAsync();
        using var alone = await client.PostAsJsonAsync(Confirm, new { password = Account.Password });
        await alone.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "two-factor-required");
        using var wrong = await client.PostAsJsonAsync(Confirm, new { password = Account.Password, code = app.WrongCode() });
        await wrong.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-code");
        using var codeAlone = await client.PostAsJsonAsync(Confirm, new { code = app.NextCode() });
        await codeAlone.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "password");
        using var guessed = await client.PostAsJsonAsync(Confirm, new { password = "Wrong-Horse-7-Battery", code = app.NextCode() });
        await guessed.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-credentials");
        using var right = await client.PostAsJsonAsync(Confirm, new { password = Account.Password, code = app.NextCode() });
        var tokens = await right.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        new JsonWebToken(tokens.AccessToken).GetClaim("amr").Value.Split(' ').ShouldBe(["pwd", "otp", "mfa"], ignoreOrder: true);
        using var recovery = await client.PostAsJsonAsync(Confirm, new { password = Account.Password, recoveryCode = codes[0] });
        recovery.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var replay = await client.PostAsJsonAsync(Confirm, new { password = Account.Password, recoveryCode = codes[0] });
        await replay.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-code");
    }

    [Theory]
    [InlineData("POST", "/api/v1/me/2fa/setup")]
    [InlineData("POST", "/api/v1/me/passkeys/options")]
    [InlineData("DELETE", "/api/v1/me/passkeys/0197e2c0-0000-7000-8000-000000000000")]
    public async Task What_adds_or_removes_a_factor_wants_a_recent_sign_in(string method, string path)
    {
        var account = await identity.RegisterAsync();
        var tokens = await account.LogInAsync();
        await identity.ExecuteAsync("update sessions set authenticated_at = authenticated_at - interval '16 minutes' where user_id = @Id", new { account.Id });
        using var anonymous = account.Host.CreateClient();
        using var refreshed = await anonymous.PostAsJsonAsync("/api/v1/auth/refresh", new { tokens.RefreshToken });
        using var client = account.Host.CreateClient((await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await client.SendAsync(request);
        await response.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
    }

    /// <summary>Another user's workspace, of which this user is a member.</summary>
    private async Task<Guid> WorkspaceOfAsync(Account member, bool required = true)
    {
        var owner = await identity.RegisterAsync();
        var workspace = Guid.CreateVersion7();
        await identity.ExecuteAsync(
            """
            insert into workspaces (id, name, plan, created_at) values (@workspace, 'Team', 'free', now());
            insert into members (workspace_id, user_id, role, joined_at) values (@workspace, @Owner, 'owner', now()), (@workspace, @Member, 'member', now());
            """,
            new { workspace, Owner = owner.Id, Member = member.Id });
        if (required)
        {
            await RequireAsync(workspace);
        }

        return workspace;
    }

    private Task RequireAsync(Guid workspace) => identity.ExecuteAsync("update workspaces set require_two_factor = true where id = @workspace", new { workspace });
}
