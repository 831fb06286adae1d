using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;
using LinkShort.Testing;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LinkShort.Identity.Tests;

/// <summary>Operators' views of accounts: with consent, read-only, for a limited time, and recorded.</summary>
public sealed class SupportAccessTests(IdentityApplication identity)
{
    private const string Consent = "/api/v1/me/support-access";

    [Fact]
    public async Task Without_the_owners_consent_no_operator_can_view_the_account()
    {
        var op = await Operator.SharedAsync(identity);
        var account = await identity.RegisterAsync();
        await (await StartAsync(op, account)).ShouldBeProblemAsync(HttpStatusCode.Forbidden, "consent-required");

        using var client = await account.SignedInAsync();
        using var granted = await client.PutAsJsonAsync(Consent, new { hours = 2 });
        granted.StatusCode.ShouldBe(HttpStatusCode.OK);
        await identity.ExecuteAsync("update support_consents set expires_at = now() where user_id = @Id", new { account.Id });
        await (await StartAsync(op, account)).ShouldBeProblemAsync(HttpStatusCode.Forbidden, "consent-required");
        await (await op.Client.PostAsJsonAsync($"/api/v1/admin/users/{Guid.NewGuid()}/view", new { })).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        identity.Events.Heard<SecurityNoticeRaised>(notice => notice.UserId == account.Id && notice.Kind == SecurityNoticeKinds.AccountViewed).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"hours":0}""", "hours")]
    [InlineData("""{"hours":169}""", "hours")]
    [InlineData("""{"hours":"2"}""", "hours")]
    [InlineData("{}", "hours")]
    public async Task Consent_expires_after_hours(string json, string field)
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        using var response = await client.SendRawAsync(HttpMethod.Put, Consent, System.Text.Encoding.UTF8.GetBytes(json));
        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        (await client.GetFromJsonAsync<ConsentBody>(Consent))!.AllowedUntil.ShouldBeNull();
    }

    [Fact]
    public async Task A_view_shows_what_the_user_sees_changes_nothing_and_is_recorded()
    {
        var op = await Operator.SharedAsync(identity);
        var (account, owner, view) = await ViewAsync(op);
        using var looking = identity.Host.CreateClient(view.AccessToken);
        var token = new JsonWebToken(view.AccessToken);
        token.GetClaim(Tokens.Claims.ViewedBy).Value.ShouldBe(op.Account.Id.ToString());
        token.TryGetClaim(Tokens.Claims.Operator, out _).ShouldBeFalse();
        token.GetClaim(Tokens.Claims.Scope).Value.ShouldNotContain("write");
        (view.ExpiresAt - TimeProvider.System.GetUtcNow()).ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(30));

        (await looking.GetFromJsonAsync<Profile>("/api/v1/me"))!.Id.ShouldBe(account.Id);
        (await looking.GetAsync("/api/v1/workspaces")).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var (method, path, body) in new (HttpMethod, string, object?)[]
        {
            (HttpMethod.Patch, "/api/v1/me", new { name = "Mallory" }), (HttpMethod.Delete, "/api/v1/me", new { password = Account.Password }),
            (HttpMethod.Post, "/api/v1/me/export", null), (HttpMethod.Delete, "/api/v1/me/sessions?all=true", null),
            (HttpMethod.Post, "/api/v1/api-keys", new { name = "k", scopes = new[] { "links:read" } }),
            (HttpMethod.Put, Consent, new { hours = 168 }), (HttpMethod.Post, "/api/v1/workspaces", new { name = "w" }),
            (HttpMethod.Post, "/api/v1/auth/switch", new { workspaceId = account.WorkspaceId }),
            (HttpMethod.Post, "/api/v1/auth/confirm", new { password = Account.Password }),
            // Anonymous endpoints, which a view still can't use.
            (HttpMethod.Post, "/api/v1/auth/password/forgot", new { email = account.Email }),
            (HttpMethod.Get, $"/api/v1/me/export/{Guid.NewGuid()}", null),
        })
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            using var response = await looking.SendAsync(request);
            await response.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "view-only");
        }

        // The token lacks the operator claim.
        await (await looking.GetAsync("/api/v1/admin/users")).ShouldBeProblemAsync(HttpStatusCode.Forbidden, "forbidden");

        await identity.NoticeAsync(account.Id, SecurityNoticeKinds.AccountViewed);
        var log = await Eventually.BecomesAsync(
            () => owner.GetFromJsonAsync<Listed<LogEntry>>("/api/v1/audit-log?actor=operator")!, log => log!.Items.Count(entry => entry.Action == "account.read") >= 2);
        log!.Items.ShouldContain(entry => entry.Action == "account.viewStarted");
        log.Items.Where(entry => entry.Action == "account.read").Select(entry => entry.Target.Id).ShouldContain("/api/v1/me");
        (await owner.GetFromJsonAsync<ConsentBody>(Consent))!.Views.ShouldHaveSingleItem();
        await Eventually.PassesAsync(async () => (await op.Client.GetFromJsonAsync<Listed<LogEntry>>($"/api/v1/admin/audit-log?target={account.Id}"))!
            .Items.ShouldContain(entry => entry.Action == "account.viewStarted"));
        owner.Dispose();
    }

    [Fact]
    public async Task A_view_ends_when_the_consent_is_withdrawn()
    {
        var op = await Operator.SharedAsync(identity);
        var (account, owner, view) = await ViewAsync(op);
        using var looking = identity.Host.CreateClient(view.AccessToken);
        (await looking.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var withdrawn = await owner.DeleteAsync(Consent);
        withdrawn.StatusCode.ShouldBe(HttpStatusCode.NoContent);

        await RefusedAsync(looking);
        await (await op.Client.PostAsync($"/api/v1/admin/views/{view.Id}/token", null)).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        await (await StartAsync(op, account)).ShouldBeProblemAsync(HttpStatusCode.Forbidden, "consent-required");
        (await owner.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.OK, "their own sessions go on");
        owner.Dispose();
    }

    [Fact]
    public async Task A_view_is_renewed_by_the_session_that_started_it_and_ends_with_it()
    {
        var other = await identity.WithAppAsync();
        other.Client.Dispose();
        await identity.ExecuteAsync("update users set email_confirmed = true where id = @Id", new { other.Account.Id });
        await using var op = await Operator.CreateAsync(identity, other.Account.Email);
        using var colleague = await Operator.SignInAsync(op.Host, other.Account, other.App);
        var (_, owner, view) = await ViewAsync(op);
        owner.Dispose();

        using var renewed = await op.Client.PostAsync($"/api/v1/admin/views/{view.Id}/token", null);
        var second = await renewed.ShouldBeAsync<ViewBody>(HttpStatusCode.OK);
        second.ExpiresAt.ShouldBe(view.ExpiresAt, TimeSpan.FromMilliseconds(1));
        await (await colleague.PostAsync($"/api/v1/admin/views/{view.Id}/token", null)).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        await (await colleague.DeleteAsync($"/api/v1/admin/views/{view.Id}")).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");

        using var looking = identity.Host.CreateClient(second.AccessToken);
        (await looking.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var out_ = await op.Client.DeleteAsync("/api/v1/me/sessions?all=true");
        out_.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await RefusedAsync(looking);
    }

    [Fact]
    public async Task A_view_is_ended_by_its_operator_and_expires()
    {
        var op = await Operator.SharedAsync(identity);
        var (account, owner, view) = await ViewAsync(op);
        owner.Dispose();
        using var looking = identity.Host.CreateClient(view.AccessToken);
        using var ended = await op.Client.DeleteAsync($"/api/v1/admin/views/{view.Id}");
        ended.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await RefusedAsync(looking);
        await (await op.Client.DeleteAsync($"/api/v1/admin/views/{view.Id}")).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");

        using var again = await StartAsync(op, account);
        var second = await again.ShouldBeAsync<ViewBody>(HttpStatusCode.OK);
        await identity.ExecuteAsync("update account_views set expires_at = now() where id = @Id", new { second.Id });
        await (await op.Client.PostAsync($"/api/v1/admin/views/{second.Id}/token", null)).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");

        // Only the user's own workspaces can be viewed, and the view ends with the consent.
        using var elsewhere = await op.Client.PostAsJsonAsync($"/api/v1/admin/users/{account.Id}/view", new { workspaceId = op.Account.WorkspaceId });
        await elsewhere.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "workspaceId");
        await identity.ExecuteAsync("update support_consents set expires_at = now() + interval '5 minutes' where user_id = @Id", new { account.Id });
        using var brief = await StartAsync(op, account);
        ((await brief.ShouldBeAsync<ViewBody>(HttpStatusCode.OK)).ExpiresAt - TimeProvider.System.GetUtcNow()).ShouldBeLessThan(TimeSpan.FromMinutes(6));
    }

    [Fact]
    public async Task A_members_consent_opens_what_is_theirs_and_not_the_teams_workspace()
    {
        var op = await Operator.SharedAsync(identity);
        using var team = await Team.CreateAsync(identity);
        foreach (var role in new[] { "viewer", "member" })
        {
            var member = await team.AddAsync(role);
            await ConsentAsync(member);
            using var refused = await StartAsync(op, member, team.Id);
            await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "consent-required");

            // Nor does the view of the personal workspace.
            using var started = await StartAsync(op, member);
            using var looking = identity.Host.CreateClient((await started.ShouldBeAsync<ViewBody>(HttpStatusCode.OK)).AccessToken);
            foreach (var path in new[] { team.Path, $"{team.Path}/members", $"{team.Path}/invitations" })
            {
                using var closed = await looking.GetAsync(path);
                await closed.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "consent-required");
            }

            (await looking.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await looking.GetAsync($"/api/v1/workspaces/{member.WorkspaceId}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        identity.Events.Heard<AuditRecorded>(entry => entry.WorkspaceId == team.Id && entry.Action == "account.viewStarted").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("admin")]
    [InlineData("owner")]
    public async Task An_admins_consent_opens_the_teams_workspace_whose_log_shows_it_until_they_are_no_admin(string role)
    {
        var op = await Operator.SharedAsync(identity);
        using var team = await Team.CreateAsync(identity);
        var admin = await team.AddAsync(role);
        await ConsentAsync(admin);
        using var started = await StartAsync(op, admin, team.Id);
        var view = await started.ShouldBeAsync<ViewBody>(HttpStatusCode.OK);
        using var looking = identity.Host.CreateClient(view.AccessToken);
        (await looking.GetAsync($"{team.Path}/members")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await identity.Events.HearsAsync<AuditRecorded>(entry =>
            entry.WorkspaceId == team.Id && entry.Action == "account.viewStarted" && entry.ActorKind == "operator" && entry.ActorId is null);

        using var demoted = await team.SetRoleAsync(team.OwnerClient, admin, "member");
        demoted.StatusCode.ShouldBe(HttpStatusCode.OK);
        await RefusedAsync(looking);
        await (await op.Client.PostAsync($"/api/v1/admin/views/{view.Id}/token", null)).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        using var again = await StartAsync(op, admin, team.Id);
        await again.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "consent-required");
    }

    private static async Task ConsentAsync(Account account)
    {
        using var client = await account.SignedInAsync();
        using var granted = await client.PutAsJsonAsync(Consent, new { hours = 2 });
        granted.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static Task RefusedAsync(HttpClient looking) =>
        Eventually.PassesAsync(async () => (await looking.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized));

    private static Task<HttpResponseMessage> StartAsync(Operator op, Account account, Guid? workspaceId = null) =>
        op.Client.PostAsJsonAsync($"/api/v1/admin/users/{account.Id}/view", new { workspaceId });

    private async Task<(Account Account, HttpClient Owner, ViewBody View)> ViewAsync(Operator op)
    {
        var account = await identity.RegisterAsync();
        var owner = await account.SignedInAsync();
        using var granted = await owner.PutAsJsonAsync(Consent, new { hours = 2 });
        (await granted.ShouldBeAsync<ConsentBody>(HttpStatusCode.OK)).AllowedUntil.ShouldNotBeNull();
        using var started = await StartAsync(op, account);
        return (account, owner, await started.ShouldBeAsync<ViewBody>(HttpStatusCode.OK));
    }
}

public sealed record ConsentBody(DateTimeOffset? AllowedUntil, object[] Views);

public sealed record ViewBody(Guid Id, Guid UserId, Guid WorkspaceId, string AccessToken, int ExpiresIn, DateTimeOffset ExpiresAt);
