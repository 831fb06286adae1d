using LinkShort.Contracts;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.SignIn.Sessions;

/// <summary>
/// Sessions after their start. Each refresh token works once; one that is used again was stolen from someone, and as the two callers can't
/// be told apart, the session ends (RFC 9700, 4.14.2). The access tokens of an ended session are refused everywhere within a second.
/// </summary>
public sealed class UserSessions(
    Database database, SessionTokens tokens, Revocations revocations, AuditTrail audit, SecurityNotices notices,
    IOptions<IdentityServiceOptions> options, TimeProvider time)
{
    /// <summary>Uses up a refresh token. Of two concurrent uses, one gets the tokens and the other counts as a reuse.</summary>
    public async Task<(RefreshOutcome Outcome, TokenResponse? Tokens)> RefreshAsync(byte[] tokenHash, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        // The lock makes a concurrent use wait for this commit, and then see it.
        var token = await work.QuerySingleOrDefaultAsync<TokenRow>(
            """
            -- every workspace: the token is the proof, and identifies session and workspace
            select t.session_id, t.used_at, t.expires_at, s.expires_at as session_expires_at, s.revoked_at, s.workspace_id, s.methods, s.authenticated_at, s.sso_provider,
                s.own_authenticated_at
            from refresh_tokens t join sessions s on s.id = t.session_id
            where t.token_hash = @tokenHash
            for update
            """,
            new { tokenHash }, cancellationToken);
        // After the lock: a request that waited for it is later than the one that had it.
        var now = time.GetUtcNow();
        if (token is null || token.RevokedAt is not null || token.ExpiresAt <= now || token.SessionExpiresAt <= now)
        {
            return (RefreshOutcome.Refused, null);
        }

        if (token.UsedAt is { } usedAt)
        {
            return (await ReusedAsync(work, token.SessionId, now - usedAt, cancellationToken), null);
        }

        var proof = new AuthenticationProof(token.Methods, token.AuthenticatedAt) { SsoProvider = token.SsoProvider, ConfirmedAt = token.OwnAuthenticatedAt };
        if (await FindMembershipAsync(work, token, proof, cancellationToken) is not { } member)
        {
            await EndAsync(work, token.SessionId, "session.ended", cancellationToken);
            await work.CommitAsync(cancellationToken);
            return (RefreshOutcome.Refused, null);
        }

        await work.ExecuteAsync(
            """
            -- every workspace: the session's id was read by its token in this transaction
            update refresh_tokens set used_at = @now where token_hash = @tokenHash;
            update sessions set last_used_at = @now, workspace_id = @WorkspaceId where id = @SessionId;
            """,
            new { tokenHash, token.SessionId, member.WorkspaceId, now }, cancellationToken);
        var issued = await tokens.IssueAsync(work, token.SessionId, proof, token.SessionExpiresAt, member, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return (RefreshOutcome.Rotated, issued);
    }

    /// <summary>Ends the session of a refresh token, used or not. Unknown tokens have none.</summary>
    public async Task EndAsync(byte[] tokenHash, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var sessionId = await work.ExecuteScalarAsync<Guid?>(
            """
            -- every workspace: the token is the proof, and identifies the session
            select session_id from refresh_tokens where token_hash = @tokenHash
            """,
            new { tokenHash }, cancellationToken);
        if (sessionId is { } id && await EndAsync(work, id, "session.ended", cancellationToken) is not null)
        {
            await work.CommitAsync(cancellationToken);
        }
    }

    /// <summary>Ends one of the user's sessions.</summary>
    /// <returns>False when the user has no such session, or it had ended before.</returns>
    public async Task<bool> EndAsync(UnitOfWork work, Guid userId, Guid sessionId, CancellationToken cancellationToken)
    {
        return await EndWhereAsync(work, "session.ended", userId, sessionId, except: null, cancellationToken) == 1;
    }

    /// <summary>Signs the user out everywhere, as after a new password, a lost device or a suspension.</summary>
    /// <param name="except">The session to keep; null for none.</param>
    /// <returns>The number of sessions that ended.</returns>
    public async Task<int> EndAllAsync(UnitOfWork work, Guid userId, Guid? except, CancellationToken cancellationToken)
    {
        return await EndWhereAsync(work, "session.ended", userId, only: null, except, cancellationToken);
    }

    /// <summary>Moves the session to another workspace. Don't commit without tokens.</summary>
    public async Task<(TokenResponse? Tokens, SwitchOutcome Outcome)> SwitchAsync(
        UnitOfWork work, Guid userId, Guid sessionId, Guid workspaceId, CancellationToken cancellationToken)
    {
        return await ContinueAsync(work, userId, sessionId, workspaceId, proof: null, "session.switched", cancellationToken);
    }

    /// <summary>Records that the user proved their identity again.</summary>
    /// <returns>Null when the session has ended.</returns>
    public async Task<TokenResponse?> ConfirmAsync(
        UnitOfWork work, Guid userId, Guid sessionId, AuthenticationProof proof, CancellationToken cancellationToken)
    {
        return (await ContinueAsync(work, userId, sessionId, workspaceId: null, proof, "session.confirmed", cancellationToken)).Tokens;
    }

    private async Task<RefreshOutcome> ReusedAsync(UnitOfWork work, Guid sessionId, TimeSpan sinceFirstUse, CancellationToken cancellationToken)
    {
        if (sinceFirstUse < options.Value.RefreshReuseGrace)
        {
            return RefreshOutcome.Refused;
        }

        if (await EndAsync(work, sessionId, "session.reuseDetected", cancellationToken) is { } owner)
        {
            await notices.RaiseAsync(work, owner.UserId, SecurityNoticeKinds.SessionReuseDetected, cancellationToken: cancellationToken);
        }

        await work.CommitAsync(cancellationToken);
        return RefreshOutcome.Reused;
    }

    /// <summary>
    /// Read at each refresh, because role, plan, language, membership and the workspace's requirements may have changed. A user who has to
    /// set up two-factor authentication continues in their own workspace, where they can.
    /// </summary>
    private static async Task<Membership?> FindMembershipAsync(
        UnitOfWork work, TokenRow token, AuthenticationProof proof, CancellationToken cancellationToken)
    {
        var members = await work.QueryAsync<Membership>(
            $"""
            select {Membership.Columns}
            from sessions s
            join members m on m.user_id = s.user_id
            join workspaces w on w.id = m.workspace_id
            join users u on u.id = m.user_id
            where s.id = @SessionId and (m.workspace_id = s.workspace_id or w.personal_of = s.user_id)
            order by m.workspace_id = s.workspace_id desc
            """,
            new { token.SessionId }, cancellationToken);
        if (members.Count == 0 || members[0].WorkspaceId != token.WorkspaceId)
        {
            return null;
        }

        return await TwoFactorRequirement.AllowsAsync(work, token.WorkspaceId, proof, cancellationToken) ? members[0] : members.ElementAtOrDefault(1);
    }

    /// <summary>Issues new tokens for a session, which replace its current ones.</summary>
    private async Task<(TokenResponse? Tokens, SwitchOutcome Outcome)> ContinueAsync(
        UnitOfWork work, Guid userId, Guid sessionId, Guid? workspaceId, AuthenticationProof? proof, string action, CancellationToken cancellationToken)
    {
        var session = await work.QuerySingleOrDefaultAsync<SessionRow>(
            """
            update sessions s set
                last_used_at = @Now,
                workspace_id = m.workspace_id,
                authenticated_at = coalesce(@At, s.authenticated_at),
                own_authenticated_at = coalesce(@At, s.own_authenticated_at),
                methods = (select array_agg(distinct method) from unnest(s.methods || @Methods) method)
            from sessions b
            join members m on m.user_id = b.user_id and m.workspace_id = coalesce(@workspaceId, b.workspace_id)
            where s.id = @sessionId and b.id = s.id and s.user_id = @userId and s.revoked_at is null and s.expires_at > @Now
            returning s.workspace_id, b.workspace_id as workspace_before, s.methods, s.authenticated_at, s.sso_provider,
                s.own_authenticated_at, s.expires_at
            """,
            new { Now = time.GetUtcNow(), workspaceId, sessionId, userId, At = proof?.At, Methods = proof?.Methods.ToArray() ?? [] },
            cancellationToken);
        if (session is null)
        {
            return (null, SwitchOutcome.NotFound);
        }

        var proved = new AuthenticationProof(session.Methods, session.AuthenticatedAt) { SsoProvider = session.SsoProvider, ConfirmedAt = session.OwnAuthenticatedAt };
        if (!proved.CountsIn(session.WorkspaceId))
        {
            return (null, SwitchOutcome.NeedsOwnCredentials);
        }

        if (!await TwoFactorRequirement.AllowsAsync(work, session.WorkspaceId, proved, cancellationToken))
        {
            return (null, SwitchOutcome.NeedsTwoFactors);
        }

        var member = await work.QuerySingleAsync<Membership>(
            $"""
            select {Membership.Columns}
            from members m
            join workspaces w on w.id = m.workspace_id
            join users u on u.id = m.user_id
            where m.workspace_id = @WorkspaceId and m.user_id = @userId
            """,
            new { session.WorkspaceId, userId }, cancellationToken);
        // Deleted rather than marked as used: a late refresh with the replaced token is no theft.
        await work.ExecuteAsync(
            "delete from refresh_tokens where session_id = @sessionId and used_at is null",
            new { sessionId }, cancellationToken);
        work.Publish(audit.Entry(
            action, "session", sessionId, before: new { WorkspaceId = session.WorkspaceBefore }, after: new { session.WorkspaceId, session.Methods },
            workspace: session.WorkspaceId, actor: userId));
        return (await tokens.IssueAsync(work, sessionId, proved, session.ExpiresAt, member, cancellationToken), SwitchOutcome.Switched);
    }

    private async Task<int> EndWhereAsync(UnitOfWork work, string action, Guid userId, Guid? only, Guid? except, CancellationToken cancellationToken)
    {
        var ended = await work.QueryAsync<EndedRow>(
            """
            -- every workspace: a user's sessions are theirs in all of them
            update sessions set revoked_at = @now
            where user_id = @userId and revoked_at is null and expires_at > @now
                and (@only::uuid is null or id = @only) and (@except::uuid is null or id <> @except)
            returning id, workspace_id
            """,
            new { userId, only, except, now = time.GetUtcNow() }, cancellationToken);
        foreach (var session in ended)
        {
            await revocations.RevokeAsync(work, RevocationKinds.Session, session.Id.ToString(), cancellationToken);
            await EndViewsAsync(work, session.Id, cancellationToken);
            work.Publish(audit.Entry(action, "session", session.Id, workspace: session.WorkspaceId));
        }

        return ended.Count;
    }

    /// <returns>The session's owner; null when it had ended before and nothing was changed.</returns>
    private async Task<Owner?> EndAsync(UnitOfWork work, Guid sessionId, string action, CancellationToken cancellationToken)
    {
        var owner = await work.QuerySingleOrDefaultAsync<Owner>(
            // every workspace: the session's id was read by its token in this transaction
            "update sessions set revoked_at = @now where id = @sessionId and revoked_at is null returning user_id, workspace_id",
            new { sessionId, now = time.GetUtcNow() }, cancellationToken);
        if (owner is not null)
        {
            await revocations.RevokeAsync(work, RevocationKinds.Session, sessionId.ToString(), cancellationToken);
            await EndViewsAsync(work, sessionId, cancellationToken);
            work.Publish(audit.Entry(action, "session", sessionId, workspace: owner.WorkspaceId, actor: owner.UserId));
        }

        return owner;
    }

    /// <summary>The end of an operator's session ends their views of accounts.</summary>
    private async Task EndViewsAsync(UnitOfWork work, Guid sessionId, CancellationToken cancellationToken)
    {
        // every workspace: an operator can view any
        var views = await work.QueryAsync<Guid>(
            "update account_views set ended_at = @Now where operator_session_id = @sessionId and ended_at is null and expires_at > @Now returning id",
            new { sessionId, Now = time.GetUtcNow() }, cancellationToken);
        foreach (var view in views)
        {
            await revocations.RevokeAsync(work, RevocationKinds.Session, view.ToString(), cancellationToken);
        }
    }

    private sealed record Owner(Guid UserId, Guid WorkspaceId);

    private sealed record EndedRow(Guid Id, Guid WorkspaceId);

    private sealed record SessionRow
    {
        public Guid WorkspaceId { get; init; }

        public Guid WorkspaceBefore { get; init; }

        public required string[] Methods { get; init; }

        public DateTimeOffset AuthenticatedAt { get; init; }

        public string? SsoProvider { get; init; }

        public DateTimeOffset? OwnAuthenticatedAt { get; init; }

        public DateTimeOffset ExpiresAt { get; init; }
    }

    private sealed record TokenRow
    {
        public Guid SessionId { get; init; }

        public DateTimeOffset? UsedAt { get; init; }

        public DateTimeOffset ExpiresAt { get; init; }

        public DateTimeOffset SessionExpiresAt { get; init; }

        public DateTimeOffset? RevokedAt { get; init; }

        public Guid WorkspaceId { get; init; }

        public required string[] Methods { get; init; }

        public DateTimeOffset AuthenticatedAt { get; init; }

        public string? SsoProvider { get; init; }

        public DateTimeOffset? OwnAuthenticatedAt { get; init; }
    }
}

public enum RefreshOutcome
{
    Rotated,

    /// <summary>Unknown, expired or revoked.</summary>
    Refused,

    /// <summary>Used before; the session was ended.</summary>
    Reused,
}

public enum SwitchOutcome
{
    Switched,

    /// <summary>The user isn't a member of the workspace, or the session has ended.</summary>
    NotFound,

    /// <summary>The workspace requires two factors, which the session hasn't proved.</summary>
    NeedsTwoFactors,

    /// <summary>Only another workspace's provider vouches for the user.</summary>
    NeedsOwnCredentials,
}
