using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.Privacy.Erasure;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using LinkShort.Visitors.Geography;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.SignIn.Sessions;

/// <summary>Starts sessions.</summary>
public sealed class SessionCreation(
    SessionTokens tokens, KnownOrigins origins, Places places, Erasures erasures, AuditTrail audit, IOptions<IdentityServiceOptions> options,
    TimeProvider time)
{
    /// <summary>Starts a session, and records it in the audit log as <c>session.started</c>.</summary>
    /// <param name="proof">The proof of the sign-in; stored with the session.</param>
    /// <param name="context">The request that signs in: its device and network are stored.</param>
    /// <param name="workspaceId">
    /// The workspace to start in, of which the user must be a member. Null for the user's own one, which also replaces a workspace that
    /// requires more than was proved.
    /// </param>
    /// <param name="lifetime">Shorter than the configured one.</param>
    public async Task<TokenResponse> StartAsync(
        UnitOfWork work, Guid userId, AuthenticationProof proof, HttpContext context, Guid? workspaceId, TimeSpan? lifetime,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(proof.Methods.Count);
        if (workspaceId is { } asked && !await TwoFactorRequirement.AllowsAsync(work, asked, proof, cancellationToken))
        {
            // The own workspace admits every session, so that the user can set up two-factor authentication.
            workspaceId = null;
        }

        var member = await work.QuerySingleAsync<Membership>(
            $"""
            select {Membership.Columns}
            from workspaces w
            join members m on m.workspace_id = w.id and m.user_id = @userId
            join users u on u.id = m.user_id
            -- Suspended users were refused before; this is the last line of defence.
            where not exists (select from user_suspensions s where s.user_id = @userId)
                and case when @workspaceId::uuid is null then w.personal_of = @userId else m.workspace_id = @workspaceId end
            """,
            new { userId, workspaceId }, cancellationToken);
        var now = time.GetUtcNow();
        var sessionId = Guid.CreateVersion7(now);
        var expiresAt = now + (lifetime < options.Value.SessionLifetime ? lifetime.Value : options.Value.SessionLifetime);
        var origin = SessionOrigin.Of(context, places);
        await work.ExecuteAsync(
            """
            insert into sessions (id, user_id, workspace_id, created_at, last_used_at, expires_at, methods, authenticated_at, sso_provider,
                browser, os, device, network, country, city)
            values (@sessionId, @UserId, @WorkspaceId, @now, @now, @expiresAt, @Methods, @At, @SsoProvider,
                @Browser, @Os, @Device, @Network, @Country, @City)
            """,
            new
            {
                sessionId, member.UserId, member.WorkspaceId, now, expiresAt, Methods = proof.Methods.ToArray(), proof.At, proof.SsoProvider,
                origin.Browser, origin.Os, origin.Device, origin.Network, origin.Country, origin.City,
            },
            cancellationToken);
        if (proof.OwnAt is not null)
        {
            // Signing in cancels a scheduled deletion of the account. A workspace's provider can't.
            await erasures.CancelAsync(work, userId, cancellationToken);
        }

        await origins.RecordAsync(work, userId, origin, cancellationToken);
        work.Publish(audit.Entry(
            "session.started", "session", sessionId, after: new { proof.Methods, proof.SsoProvider, origin.Browser, origin.Os, origin.Country, origin.City },
            workspace: member.WorkspaceId, actor: userId));
        return await tokens.IssueAsync(work, sessionId, proof, expiresAt, member, cancellationToken);
    }
}
