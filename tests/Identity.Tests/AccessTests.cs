using System.Net;
using Dapper;
using LinkShort.Contracts;
using LinkShort.Identity.Keys.SigningKeys;
using LinkShort.Identity.Workspaces;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Identity.Tests;

/// <summary>Permissions of all endpoints, and tokens that give no access.</summary>
public sealed class AccessTests(IdentityApplication identity)
{
    /// <summary>A new endpoint needs a row with a request that passes validation.</summary>
    private static readonly Dictionary<string, string> Rows = new()
    {
        ["POST /api/v1/auth/register"] = AuthorizationMatrix.Anyone,
        ["GET /api/v1/auth/consents"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/auth/login"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/auth/refresh"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/auth/logout"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/auth/login/2fa"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/auth/passkey"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/auth/passkey/options"] = AuthorizationMatrix.Anyone,
        ["GET /api/v1/auth/sso/providers"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/auth/sso/start"] = AuthorizationMatrix.Anyone,
        ["GET /api/v1/auth/sso/{provider}/start"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/auth/sso/callback"] = AuthorizationMatrix.Anyone,
        ["GET /api/v1/me/sso"] = Permissions.AccountManage,
        ["POST /api/v1/me/sso/{provider}/link"] = Permissions.AccountManage,
        ["DELETE /api/v1/me/sso/{id}"] = Permissions.AccountManage,
        ["GET /api/v1/workspaces/{id}/sso"] = Permissions.SsoRead,
        ["PUT /api/v1/workspaces/{id}/sso"] = Permissions.SsoManage,
        ["DELETE /api/v1/workspaces/{id}/sso"] = Permissions.SsoManage,
        ["POST /api/v1/workspaces/{id}/sso/test"] = Permissions.SsoManage,
        ["POST /api/v1/workspaces/{id}/sso/domains"] = Permissions.SsoManage,
        ["POST /api/v1/workspaces/{id}/sso/domains/{domain}/verify"] = Permissions.SsoManage,
        ["DELETE /api/v1/workspaces/{id}/sso/domains/{domain}"] = Permissions.SsoManage,
        ["GET /api/v1/me/2fa"] = Permissions.Profile,
        ["POST /api/v1/me/2fa/setup"] = Permissions.AccountManage,
        ["POST /api/v1/me/2fa/enable"] = Permissions.AccountManage,
        ["POST /api/v1/me/2fa/disable"] = Permissions.AccountManage,
        ["POST /api/v1/me/2fa/recovery-codes"] = Permissions.AccountManage,
        ["GET /api/v1/me/2fa/devices"] = Permissions.AccountManage,
        ["DELETE /api/v1/me/2fa/devices/{id}"] = Permissions.AccountManage,
        ["GET /api/v1/me/passkeys"] = Permissions.AccountManage,
        ["POST /api/v1/me/passkeys/options"] = Permissions.AccountManage,
        ["POST /api/v1/me/passkeys"] = Permissions.AccountManage,
        ["PATCH /api/v1/me/passkeys/{id}"] = Permissions.AccountManage,
        ["DELETE /api/v1/me/passkeys/{id}"] = Permissions.AccountManage,
        ["POST /api/v1/auth/email/verify"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/auth/email/resend"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/auth/email/change/confirm"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/auth/email/change/cancel"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/auth/password/forgot"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/auth/password/reset"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/me/password"] = Permissions.AccountManage,
        ["POST /api/v1/me/email"] = Permissions.AccountManage,
        ["POST /api/v1/auth/switch"] = Permissions.Profile,
        ["POST /api/v1/auth/confirm"] = Permissions.Profile,
        ["GET /api/v1/me"] = Permissions.Profile,
        ["PATCH /api/v1/me"] = Permissions.Profile,
        ["DELETE /api/v1/me"] = Permissions.AccountManage,
        ["POST /api/v1/me/restore"] = Permissions.AccountManage,
        ["GET /api/v1/me/erasure"] = Permissions.Profile,
        ["GET /api/v1/me/erasure/{id}"] = AuthorizationMatrix.Anyone,
        ["GET /api/v1/me/consents"] = Permissions.AccountManage,
        ["PUT /api/v1/me/consents"] = Permissions.AccountManage,
        ["POST /api/v1/me/export"] = Permissions.AccountManage,
        ["GET /api/v1/me/export"] = Permissions.AccountManage,
        ["GET /api/v1/me/export/{id}"] = Permissions.AccountManage,
        ["GET /api/v1/me/sessions"] = Permissions.AccountManage,
        ["DELETE /api/v1/me/sessions"] = Permissions.AccountManage,
        ["DELETE /api/v1/me/sessions/{id}"] = Permissions.AccountManage,
        ["GET /api/v1/workspaces"] = Permissions.Profile,
        ["POST /api/v1/workspaces"] = Permissions.WorkspaceCreate,
        ["GET /api/v1/workspaces/{id}"] = Permissions.WorkspaceRead,
        ["PATCH /api/v1/workspaces/{id}"] = Permissions.WorkspaceChange,
        ["DELETE /api/v1/workspaces/{id}"] = Permissions.WorkspaceOwn,
        ["POST /api/v1/workspaces/{id}/restore"] = Permissions.WorkspaceOwn,
        ["POST /api/v1/workspaces/{id}/transfer"] = Permissions.WorkspaceOwn,
        ["GET /api/v1/workspaces/{id}/members"] = Permissions.WorkspaceRead,
        ["PATCH /api/v1/workspaces/{id}/members/{userId}"] = Permissions.MembersManage,
        ["DELETE /api/v1/workspaces/{id}/members/{userId}"] = Permissions.MembersManage,
        ["GET /api/v1/workspaces/{id}/invitations"] = Permissions.WorkspaceRead,
        ["POST /api/v1/workspaces/{id}/invitations"] = Permissions.MembersManage,
        ["DELETE /api/v1/workspaces/{id}/invitations/{invitationId}"] = Permissions.MembersManage,
        ["POST /api/v1/workspaces/{id}/invitations/{invitationId}/resend"] = Permissions.MembersManage,
        ["POST /api/v1/invitations/preview"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/invitations/accept"] = Permissions.AccountManage,
        ["POST /api/v1/invitations/decline"] = AuthorizationMatrix.Anyone,
        ["GET /api/v1/announcements"] = AuthorizationMatrix.Anyone,
        ["POST /api/v1/announcements/{id}/dismiss"] = Permissions.Profile,
        ["GET /api/v1/me/features"] = Permissions.Profile,
        ["POST /api/v1/me/features/{name}/exposed"] = Permissions.Profile,
        ["GET /api/v1/me/support-access"] = Permissions.AccountManage,
        ["PUT /api/v1/me/support-access"] = Permissions.AccountManage,
        ["DELETE /api/v1/me/support-access"] = Permissions.AccountManage,
        ["GET /api/v1/admin/users"] = AuthorizationMatrix.Operators,
        ["GET /api/v1/admin/users/{id}"] = AuthorizationMatrix.Operators,
        ["POST /api/v1/admin/users/{id}/suspend"] = AuthorizationMatrix.Operators,
        ["POST /api/v1/admin/users/{id}/restore"] = AuthorizationMatrix.Operators,
        ["POST /api/v1/admin/users/{id}/sign-out"] = AuthorizationMatrix.Operators,
        ["POST /api/v1/admin/users/{id}/view"] = AuthorizationMatrix.Operators,
        ["POST /api/v1/admin/views/{id}/token"] = AuthorizationMatrix.Operators,
        ["DELETE /api/v1/admin/views/{id}"] = AuthorizationMatrix.Operators,
        ["GET /api/v1/admin/workspaces"] = AuthorizationMatrix.Operators,
        ["GET /api/v1/admin/workspaces/{id}"] = AuthorizationMatrix.Operators,
        ["POST /api/v1/admin/workspaces/{id}/suspend"] = AuthorizationMatrix.Operators,
        ["POST /api/v1/admin/workspaces/{id}/restore"] = AuthorizationMatrix.Operators,
        ["GET /api/v1/admin/flags"] = AuthorizationMatrix.Operators,
        ["GET /api/v1/admin/flags/{name}"] = AuthorizationMatrix.Operators,
        ["PUT /api/v1/admin/flags/{name}"] = AuthorizationMatrix.Operators,
        ["DELETE /api/v1/admin/flags/{name}"] = AuthorizationMatrix.Operators,
        ["GET /api/v1/admin/flags/{name}/exposures"] = AuthorizationMatrix.Operators,
        ["GET /api/v1/admin/announcements"] = AuthorizationMatrix.Operators,
        ["POST /api/v1/admin/announcements"] = AuthorizationMatrix.Operators,
        ["PUT /api/v1/admin/announcements/{id}"] = AuthorizationMatrix.Operators,
        ["DELETE /api/v1/admin/announcements/{id}"] = AuthorizationMatrix.Operators,
        ["GET /api/v1/admin/audit-log"] = AuthorizationMatrix.Operators,
        ["GET /api/v1/admin/audit-log/verify"] = AuthorizationMatrix.Operators,
        ["GET /api/v1/audit-log"] = Permissions.AuditRead,
        ["GET /api/v1/audit-log/verify"] = Permissions.AuditRead,
        ["GET /api/v1/audit-log/export"] = Permissions.AuditRead,
        ["GET /api/v1/api-keys"] = Permissions.ApiKeysRead,
        ["GET /api/v1/api-keys/{id}"] = Permissions.ApiKeysRead,
        ["POST /api/v1/api-keys"] = Permissions.ApiKeysManage,
        ["PATCH /api/v1/api-keys/{id}"] = Permissions.ApiKeysManage,
        ["POST /api/v1/api-keys/{id}/rotate"] = Permissions.ApiKeysManage,
        ["DELETE /api/v1/api-keys/{id}"] = Permissions.ApiKeysManage,
    };

    /// <summary>Valid bodies for endpoints that validate the request before the caller.</summary>
    internal static readonly Dictionary<string, string> Bodies = new()
    {
        ["POST /api/v1/workspaces"] = """{"name":"another"}""",
        ["PATCH /api/v1/workspaces/{id}"] = """{"name":"renamed"}""",
        ["POST /api/v1/workspaces/{id}/transfer"] = """{"userId":"{userId}"}""",
        ["PATCH /api/v1/workspaces/{id}/members/{userId}"] = """{"role":"viewer"}""",
        ["POST /api/v1/workspaces/{id}/invitations"] = """{"email":"somebody@example.com","role":"member"}""",
        ["POST /api/v1/me/sso/{provider}/link"] = """{"browserKey":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""",
        ["POST /api/v1/workspaces/{id}/sso/test"] = """{"issuer":"https://192.0.2.1"}""",
        ["POST /api/v1/workspaces/{id}/sso/domains"] = """{"domain":"example.com"}""",
        ["PUT /api/v1/workspaces/{id}/sso"] = """{"issuer":"https://192.0.2.1","clientId":"linkshort"}""",
        ["PATCH /api/v1/api-keys/{id}"] = """{"name":"renamed"}""",
        ["PUT /api/v1/me/support-access"] = """{"hours":1}""",
        ["POST /api/v1/admin/users/{id}/suspend"] = """{"reason":"because"}""",
        ["POST /api/v1/admin/users/{id}/restore"] = """{"reason":"because"}""",
        ["POST /api/v1/admin/workspaces/{id}/suspend"] = """{"reason":"because"}""",
        ["POST /api/v1/admin/workspaces/{id}/restore"] = """{"reason":"because"}""",
        ["PUT /api/v1/admin/flags/{name}"] = """{"enabled":false}""",
        ["POST /api/v1/admin/announcements"] = """{"texts":{"en":"Hello"},"level":"info"}""",
        ["PUT /api/v1/admin/announcements/{id}"] = """{"texts":{"en":"Hello"},"level":"info"}""",
        ["POST /api/v1/api-keys/{id}/rotate"] = """{"overlapSeconds":60}""",
    };

    [Fact]
    public async Task Every_endpoint_admits_whom_the_table_of_permissions_admits()
    {
        using var client = identity.Host.CreateClient();
        (await AuthorizationMatrix.ViolationsAsync(
            identity.Host.Services, client, Rows, PrepareAsync, endpoint => endpoint.Metadata.GetMetadata<WorkspacePermission>()?.Permission.Name)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Tokens_of_our_own_key_with_wrong_claims_give_no_access()
    {
        var account = await identity.RegisterAsync();
        var session = Guid.Parse(new JsonWebToken((await account.LogInAsync()).AccessToken).GetClaim(Tokens.Claims.Session).Value);
        (await StatusAsync(_ => { })).ShouldBe(HttpStatusCode.OK);
        foreach (var (what, change) in new Dictionary<string, Action<SecurityTokenDescriptor>>
        {
            ["another audience"] = token => token.Audience = "another-api",
            ["no audience"] = token => token.Audience = null,
            ["another issuer"] = token => token.Issuer = "another",
            ["expired"] = token => (token.NotBefore, token.Expires) = (token.NotBefore!.Value.AddHours(-1), token.NotBefore.Value.AddSeconds(-30)),
            ["no expiry"] = token => token.Expires = null,
            ["no session"] = token => token.Claims.Remove(Tokens.Claims.Session),
            ["a session and an API key"] = token => token.Claims[Tokens.Claims.ApiKey] = Guid.NewGuid().ToString(),
            ["no time of issue"] = token => token.Claims.Remove(Tokens.Claims.IssuedAtMs),
            ["no workspace"] = token => token.Claims.Remove(Tokens.Claims.Workspace),
            ["no person"] = token => token.Claims.Remove(Tokens.Claims.Subject),
        })
        {
            (await StatusAsync(change)).ShouldBe(HttpStatusCode.Unauthorized, what);
        }

        async Task<HttpStatusCode> StatusAsync(Action<SecurityTokenDescriptor> change)
        {
            using var client = identity.Host.CreateClient(await SignAsync(account.Id, account.WorkspaceId, Role.Owner, session, Scopes.All, change));
            using var response = await client.GetAsync("/api/v1/me");
            return response.StatusCode;
        }
    }

    /// <summary>A new user in a workspace for each attempt, with one of everything, as the request may delete it.</summary>
    private async Task<PreparedRequest> PrepareAsync(AccessAttempt attempt)
    {
        if (attempt.Role is not { } role)
        {
            return new PreparedRequest(PathOf(attempt, Guid.NewGuid(), Guid.NewGuid()), null);
        }

        var ids = new
        {
            User = Guid.CreateVersion7(), Owner = Guid.CreateVersion7(), Workspace = Guid.CreateVersion7(), Session = Guid.CreateVersion7(), Other = Guid.CreateVersion7(),
            Key = Guid.CreateVersion7(), Third = Guid.CreateVersion7(), Stranger = Guid.CreateVersion7(), Role = Permissions.NameOf(role),
        };
        await using var connection = await identity.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            insert into users (id, email, normalized_email, email_confirmed, security_stamp, concurrency_stamp,
                locale, created_at, updated_at, version)
            select id, id || '@example.com', upper(id || '@example.com'), true, '', '', 'en', now(), now(), 1
            from unnest(array[@User, @Owner, @Third, @Stranger]) id;
            insert into workspaces (id, name, plan, personal_of, created_at)
                values (@Workspace, 'shared', 'free', null, now()), (@User, 'own', 'free', @User, now()), (@Stranger, 'theirs', 'free', @Stranger, now());
            insert into members (workspace_id, user_id, role, joined_at)
                values (@Workspace, @User, @Role, now()), (@Workspace, @Owner, 'owner', now()), (@Workspace, @Third, 'member', now()), (@User, @User, 'owner', now()), (@Stranger, @Stranger, 'owner', now());
            insert into sessions (id, user_id, workspace_id, created_at, last_used_at, expires_at, methods, authenticated_at)
                select id, @User, @Workspace, now(), now(), now() + interval '1 day', '{pwd}', now() from unnest(array[@Session, @Other]) id;
            insert into api_keys (id, workspace_id, user_id, name, key_hash, prefix, scopes, created_at)
                values (@Key, @Workspace, @User, 'key', @Key::text, 'ls_live_abcd', '{links:read}', now());
            """,
            ids);
        var (user, workspace) = attempt.IsElsewhere ? (ids.Stranger, ids.Stranger) : (ids.User, ids.Workspace);
        var token = await SignAsync(user, workspace, attempt.IsElsewhere ? Role.Owner : role, attempt.IsElsewhere ? Guid.CreateVersion7() : ids.Session, attempt.Scopes, attempt.Apply);
        var about = attempt.Endpoint.Contains("/api-keys", StringComparison.Ordinal) ? ids.Key : attempt.Endpoint.Contains("/sessions", StringComparison.Ordinal) ? ids.Other : ids.Workspace;
        return new PreparedRequest(
            PathOf(attempt, about, ids.Third), token,
            Bodies.GetValueOrDefault(attempt.Endpoint, "{}").Replace("{userId}", ids.Third.ToString(), StringComparison.Ordinal));
    }

    private static string PathOf(AccessAttempt attempt, Guid id, Guid userId) => attempt.Endpoint.Split(' ')[1]
        .Replace("{id}", id.ToString(), StringComparison.Ordinal)
        .Replace("{userId}", userId.ToString(), StringComparison.Ordinal)
        .Replace("{name}", attempt.IsElsewhere ? "unknown" : "registrations", StringComparison.Ordinal)
        .Replace("{invitationId}", Guid.CreateVersion7().ToString(), StringComparison.Ordinal);

    /// <summary>A token signed with identity's own key, with arbitrary claims.</summary>
    private async Task<string> SignAsync(
        Guid user, Guid workspace, Role role, Guid session, IEnumerable<string> scopes, Action<SecurityTokenDescriptor>? change = null)
    {
        var now = TimeProvider.System.GetUtcNow();
        var descriptor = new SecurityTokenDescriptor
        {
            Issuer = Tokens.Issuer,
            Audience = Tokens.Audience,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = now.UtcDateTime.AddMinutes(10),
            Claims = new Dictionary<string, object>
            {
                [Tokens.Claims.Subject] = user.ToString(),
                [Tokens.Claims.Workspace] = workspace.ToString(),
                [Tokens.Claims.Role] = Permissions.NameOf(role),
                [Tokens.Claims.Scope] = string.Join(' ', scopes),
                [Tokens.Claims.Plan] = "free",
                [Tokens.Claims.Locale] = "en",
                [Tokens.Claims.Session] = session.ToString(),
                [Tokens.Claims.Methods] = "pwd",
                [Tokens.Claims.AuthenticatedAt] = now.ToUnixTimeSeconds(),
                [Tokens.Claims.IssuedAtMs] = now.ToUnixTimeMilliseconds(),
            },
            SigningCredentials = await identity.Host.Services.GetRequiredService<SigningKeyRing>().SigningCredentialsAsync(TestContext.Current.CancellationToken),
        };
        change?.Invoke(descriptor);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }
}
