using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Sso;

/// <summary>
/// The requirement of a workspace that members sign in through its provider. It applies to members with an address in a verified domain;
/// owners can always sign in otherwise, with an audit log entry, because a provider can be down or misconfigured.
/// </summary>
public sealed class SsoRequirement(AuditTrail audit, UserSessions sessions, IOptions<IdentityServiceOptions> options, TimeProvider time)
{
    /// <summary>Call it in the transaction of the sign-in, which a concurrent start of the requirement waits for.</summary>
    /// <param name="provider">The provider of the sign-in; null for a password or passkey.</param>
    /// <param name="startsSession">False when the second factor is still missing.</param>
    /// <returns>The refusal; null when the sign-in is allowed.</returns>
    public async Task<ProblemHttpResult?> CheckAsync(UnitOfWork work, Guid userId, string? provider, bool startsSession, CancellationToken cancellationToken)
    {
        // Also connections without the requirement, as the row has to be locked before it is evaluated.
        var row = await work.QuerySingleOrDefaultAsync<Row>(
            """
            -- every workspace: the one that verified the domain of this user's address
            select c.workspace_id, c.enforced, m.role, u.email
            from users u
            join sso_domains d on d.domain = split_part(u.normalized_email, '@', 2) and d.verified_at is not null
            join sso_connections c on c.workspace_id = d.workspace_id
            join members m on m.workspace_id = c.workspace_id and m.user_id = u.id
            where u.id = @userId
            for share of c
            """,
            new { userId }, cancellationToken);
        if (row is not { Enforced: true } || provider == SsoConnections.KeyOf(row.WorkspaceId))
        {
            return null;
        }

        if (Permissions.RoleOf(row.Role) == Role.Owner)
        {
            if (startsSession)
            {
                work.Publish(audit.Entry("sso.bypassedByOwner", "user", userId, after: new { provider }, workspace: row.WorkspaceId, actor: userId));
            }

            return null;
        }

        return Required(row.Email);
    }

    /// <summary>For a user who is about to join.</summary>
    /// <returns>The refusal; null when the session may join.</returns>
    public async Task<ProblemHttpResult?> CheckBeforeJoiningAsync(UnitOfWork work, Guid workspaceId, Guid userId, Guid? sessionId, CancellationToken cancellationToken)
    {
        var email = await work.ExecuteScalarAsync<string?>(
            """
            select u.email
            from users u
            join sso_domains d on d.workspace_id = @workspaceId and d.domain = split_part(u.normalized_email, '@', 2) and d.verified_at is not null
            join sso_connections c on c.workspace_id = d.workspace_id and c.enforced
            where u.id = @userId and not exists (select from sessions s where s.id = @sessionId and s.user_id = u.id and s.sso_provider = @Key)
            """,
            new { workspaceId, userId, sessionId, Key = SsoConnections.KeyOf(workspaceId) }, cancellationToken);
        return email is null ? null : Required(email);
    }

    /// <summary>Ends sessions that were started otherwise, when the requirement starts or its domains change.</summary>
    /// <returns>The number of sessions that ended.</returns>
    public async Task<int> EndOtherSessionsAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken)
    {
        var others = await work.QueryAsync<(Guid Id, Guid UserId)>(
            """
            -- every workspace: a session is in one at a time, and can be switched to this one
            select s.id, s.user_id
            from members m
            join users u on u.id = m.user_id
            join sso_domains d on d.workspace_id = m.workspace_id and d.domain = split_part(u.normalized_email, '@', 2) and d.verified_at is not null
            join sessions s on s.user_id = m.user_id
            where m.workspace_id = @workspaceId and m.role <> 'owner'
                and s.revoked_at is null and s.expires_at > @Now and s.sso_provider is distinct from @Key
            """,
            new { workspaceId, Now = time.GetUtcNow(), Key = SsoConnections.KeyOf(workspaceId) }, cancellationToken);
        foreach (var (id, userId) in others)
        {
            await sessions.EndAsync(work, userId, id, cancellationToken);
        }

        return others.Count;
    }

    /// <summary>403, with the URL that starts the required sign-in.</summary>
    private ProblemHttpResult Required(string email) => Problems.SsoRequired.Result(
        null, ("signInUrl", $"{options.Value.PublicUrl.TrimEnd('/')}/app/sso/start{QueryString.Create("email", email)}"));

    private sealed record Row(Guid WorkspaceId, bool Enforced, string Role, string Email);
}
