using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.Privacy.Erasure;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using LinkShort.Visitors.Geography;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.SignIn.Sessions;

/// <summary>Somebody's place in a workspace: what their access tokens say.</summary>
/// <param name="ReadOnly">The workspace is going to be deleted.</param>
/// <param name="VerifiedEmail">Normalised; null for an address that nobody has verified.</param>
public sealed record Membership(Guid UserId, Guid WorkspaceId, string Role, string Plan, string Locale, bool ReadOnly, string? VerifiedEmail = null);

/// <summary>
/// Sign-ins and their refresh tokens. Each token works once; one that comes a second time was stolen from somebody (which of the two
/// callers is the thief can't be told), so it ends the session (RFC 9700, 4.14.2). An ended session's access tokens are refused
/// everywhere within a second.
/// </summary>
public sealed class UserSessions(
    Database database, AccessTokens accessTokens, Revocations revocations, AuditTrail audit, SecurityNotices notices, Places places,
    KnownOrigins origins, Erasures erasures, IOptions<IdentityServiceOptions> options, TimeProvider time)
{
    /// <summary>Begins a session, and records it in the audit log as <c>session.started</c>.</summary>
    /// <param name="proof">What made it; kept with the session.</param>
    /// <param name="context">The request that signs in: device and network are those of its sender.</param>
    /// <param name="workspaceId">Where it begins; the person's own workspace without one, or where this one asks for more than was proved. They must be a member.</param>
    /// <param name="lifetime">Shorter than usual.</param>
    public async Task<TokenResponse> StartAsync(
        UnitOfWork work, Guid userId, AuthenticationProof proof, HttpContext context, CancellationToken cancellationToken, Guid? workspaceId = null,
        TimeSpan? lifetime = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(proof);
        ArgumentOutOfRangeException.ThrowIfZero(proof.Methods.Count);
        if (workspaceId is { } asked && !await TwoFactorRequirement.AllowsAsync(work, asked, proof, cancellationToken))
        {
            // The own workspace admits every session, and is where one enrols.
            workspaceId = null;
        }

        var member = await work.QuerySingleAsync<Membership>(
            """
            select m.user_id, m.workspace_id, m.role, w.plan, u.locale, w.deletion_scheduled_at is not null as read_only,
                   case when u.email_confirmed then u.normalized_email end as verified_email
            from workspaces w
            join members m on m.workspace_id = w.id and m.user_id = @userId
            join users u on u.id = m.user_id
            -- Whoever is suspended was refused before: this is the last line.
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
        // Whoever comes back wants the account.
        await erasures.CancelAsync(work, userId, cancellationToken);
        await origins.RecordAsync(work, userId, origin, cancellationToken);
        work.Publish(audit.Entry(
            "session.started", "session", sessionId, after: new { proof.Methods, proof.SsoProvider, origin.Browser, origin.Os, origin.Country, origin.City },
            workspace: member.WorkspaceId, actor: userId));
        return await IssueAsync(work, sessionId, proof, expiresAt, member, now, cancellationToken);
    }

    /// <summary>Uses up a refresh token. Of two uses at once, one gets the tokens and the other one counts as a reuse.</summary>
    public async Task<(RefreshOutcome Outcome, TokenResponse? Tokens)> RefreshAsync(byte[] tokenHash, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        // The lock makes a second use wait for the first one's commit, and then see it.
        var token = await work.QuerySingleOrDefaultAsync<TokenRow>(
            """
            -- every workspace: the token is the proof, and tells whose session and workspace it is
            select t.session_id, t.used_at, t.expires_at, s.expires_at as session_expires_at, s.revoked_at, s.workspace_id, s.methods, s.authenticated_at, s.sso_provider
            from refresh_tokens t join sessions s on s.id = t.session_id
            where t.token_hash = @tokenHash
            for update
            """,
            new { tokenHash }, cancellationToken);
        // Behind the lock: whoever waited for it came later than the one who had it.
        var now = time.GetUtcNow();
        if (token is null || token.RevokedAt is not null || token.ExpiresAt <= now || token.SessionExpiresAt <= now)
        {
            return (RefreshOutcome.Refused, null);
        }

        if (token.UsedAt is { } usedAt)
        {
            if (now - usedAt < options.Value.RefreshReuseGrace)
            {
                return (RefreshOutcome.Refused, null);
            }

            if (await EndAsync(work, token.SessionId, "session.reuseDetected", cancellationToken) is { } owner)
            {
                await notices.RaiseAsync(work, owner.UserId, SecurityNoticeKinds.SessionReuseDetected, cancellationToken: cancellationToken);
            }

            await work.CommitAsync(cancellationToken);
            return (RefreshOutcome.Reused, null);
        }

        var proof = new AuthenticationProof(token.Methods, token.AuthenticatedAt) { SsoProvider = token.SsoProvider };
        // Read again: role, plan, language and the membership itself may have changed since, and what the workspace asks for. Who has to
        // enrol in two factors goes on in their own workspace, where they can.
        var members = await work.QueryAsync<Membership>(
            """
            select m.user_id, m.workspace_id, m.role, w.plan, u.locale, w.deletion_scheduled_at is not null as read_only,
                   case when u.email_confirmed then u.normalized_email end as verified_email
            from sessions s
            join members m on m.user_id = s.user_id
            join workspaces w on w.id = m.workspace_id
            join users u on u.id = m.user_id
            where s.id = @SessionId and (m.workspace_id = s.workspace_id or w.personal_of = s.user_id)
            order by m.workspace_id = s.workspace_id desc
            """,
            new { token.SessionId }, cancellationToken);
        var member = members.FirstOrDefault();
        if (member?.WorkspaceId == token.WorkspaceId
            && !await TwoFactorRequirement.AllowsAsync(work, member.WorkspaceId, proof, cancellationToken))
        {
            member = members.ElementAtOrDefault(1);
        }
        else if (member?.WorkspaceId != token.WorkspaceId)
        {
            member = null;
        }

        if (member is null)
        {
            await EndAsync(work, token.SessionId, "session.ended", cancellationToken);
            await work.CommitAsync(cancellationToken);
            return (RefreshOutcome.Refused, null);
        }

        await work.ExecuteAsync(
            """
            -- every workspace: the session's id was read by its token just now, in this transaction
            update refresh_tokens set used_at = @now where token_hash = @tokenHash;
            update sessions set last_used_at = @now, workspace_id = @WorkspaceId where id = @SessionId;
            """,
            new { tokenHash, token.SessionId, member.WorkspaceId, now }, cancellationToken);
        var tokens = await IssueAsync(work, token.SessionId, proof, token.SessionExpiresAt, member, now, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return (RefreshOutcome.Rotated, tokens);
    }

    /// <summary>Ends the session that the token belongs to, whether or not the token was used before. Unknown tokens have none.</summary>
    public async Task EndAsync(byte[] tokenHash, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var sessionId = await work.ExecuteScalarAsync<Guid?>(
            """
            -- every workspace: the token is the proof, and tells whose session it is
            select session_id from refresh_tokens where token_hash = @tokenHash
            """,
            new { tokenHash }, cancellationToken);
        if (sessionId is { } id && await EndAsync(work, id, "session.ended", cancellationToken) is not null)
        {
            await work.CommitAsync(cancellationToken);
        }
    }

    /// <summary>Ends one of the person's sessions.</summary>
    /// <returns>False when they have no such session, or it had ended before.</returns>
    public async Task<bool> EndAsync(UnitOfWork work, Guid userId, Guid sessionId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return await EndWhereAsync(work, "session.ended", userId, sessionId, except: null, cancellationToken) == 1;
    }

    /// <summary>Signs the person out everywhere: what a new password, a lost device or a suspension asks for.</summary>
    /// <param name="except">The session that goes on; null for none.</param>
    /// <returns>How many were ended.</returns>
    public async Task<int> EndAllAsync(UnitOfWork work, Guid userId, Guid? except, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return await EndWhereAsync(work, "session.ended", userId, only: null, except, cancellationToken);
    }

    /// <summary>The session goes on in another workspace.</summary>
    /// <returns>
    /// No tokens when the person is no member there, or the session has ended; or when the workspace asks for two factors, which the
    /// session hasn't proved. Don't commit then.
    /// </returns>
    public async Task<(TokenResponse? Tokens, bool NeedsTwoFactors)> SwitchAsync(
        UnitOfWork work, Guid userId, Guid sessionId, Guid workspaceId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return await ContinueAsync(work, userId, sessionId, workspaceId, proof: null, "session.switched", cancellationToken);
    }

    /// <summary>The person proved again who they are.</summary>
    /// <returns>Null when the session has ended.</returns>
    public async Task<TokenResponse?> ConfirmAsync(
        UnitOfWork work, Guid userId, Guid sessionId, AuthenticationProof proof, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(proof);
        return (await ContinueAsync(work, userId, sessionId, workspaceId: null, proof, "session.confirmed", cancellationToken)).Tokens;
    }

    /// <summary>New tokens for a session, in the place of those that it had.</summary>
    private async Task<(TokenResponse? Tokens, bool NeedsTwoFactors)> ContinueAsync(
        UnitOfWork work, Guid userId, Guid sessionId, Guid? workspaceId, AuthenticationProof? proof, string action, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var session = await work.QuerySingleOrDefaultAsync<SessionRow>(
            """
            update sessions s set
                last_used_at = @now,
                workspace_id = m.workspace_id,
                authenticated_at = coalesce(@At, s.authenticated_at),
                methods = (select array_agg(distinct method) from unnest(s.methods || @Methods) method)
            from sessions b
            join members m on m.user_id = b.user_id and m.workspace_id = coalesce(@workspaceId, b.workspace_id)
            where s.id = @sessionId and b.id = s.id and s.user_id = @userId and s.revoked_at is null and s.expires_at > @now
            returning s.workspace_id, b.workspace_id as workspace_before, s.methods, s.authenticated_at, s.sso_provider, s.expires_at
            """,
            new { now, workspaceId, sessionId, userId, At = proof?.At, Methods = proof?.Methods.ToArray() ?? [] },
            cancellationToken);
        if (session is null)
        {
            return (null, false);
        }

        var proved = new AuthenticationProof(session.Methods, session.AuthenticatedAt) { SsoProvider = session.SsoProvider };
        if (!await TwoFactorRequirement.AllowsAsync(work, session.WorkspaceId, proved, cancellationToken))
        {
            return (null, true);
        }

        var member = await work.QuerySingleAsync<Membership>(
            """
            select m.user_id, m.workspace_id, m.role, w.plan, u.locale, w.deletion_scheduled_at is not null as read_only,
                   case when u.email_confirmed then u.normalized_email end as verified_email
            from members m
            join workspaces w on w.id = m.workspace_id
            join users u on u.id = m.user_id
            where m.workspace_id = @WorkspaceId and m.user_id = @userId
            """,
            new { session.WorkspaceId, userId }, cancellationToken);
        // Not "used": whoever still comes with the one that is replaced here is late, not a thief.
        await work.ExecuteAsync(
            "delete from refresh_tokens where session_id = @sessionId and used_at is null",
            new { sessionId }, cancellationToken);
        work.Publish(audit.Entry(
            action, "session", sessionId, before: new { WorkspaceId = session.WorkspaceBefore }, after: new { session.WorkspaceId, session.Methods },
            workspace: session.WorkspaceId, actor: userId));
        var tokens = await IssueAsync(work, sessionId, proved, session.ExpiresAt, member, now, cancellationToken);
        return (tokens, false);
    }

    private async Task<int> EndWhereAsync(UnitOfWork work, string action, Guid userId, Guid? only, Guid? except, CancellationToken cancellationToken)
    {
        var ended = await work.QueryAsync<EndedRow>(
            """
            -- every workspace: a person's sessions are theirs wherever they are
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

    /// <returns>Whose it was; null when it had ended before, and nothing was changed.</returns>
    private async Task<Owner?> EndAsync(UnitOfWork work, Guid sessionId, string action, CancellationToken cancellationToken)
    {
        var owner = await work.QuerySingleOrDefaultAsync<Owner>(
            // every workspace: the session's id was read by its token just now, in this transaction
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

    /// <summary>An operator who is signed out looks at nobody's account any more.</summary>
    private async Task EndViewsAsync(UnitOfWork work, Guid sessionId, CancellationToken cancellationToken)
    {
        // every workspace: whichever the operator looked at
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

        public DateTimeOffset ExpiresAt { get; init; }
    }

    private async Task<TokenResponse> IssueAsync(
        UnitOfWork work,
        Guid sessionId,
        AuthenticationProof proof,
        DateTimeOffset sessionExpiresAt,
        Membership member,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var refreshToken = OneTimeSecret.Create();
        var idle = now + options.Value.SessionIdleLifetime;
        await work.ExecuteAsync(
            """
            insert into refresh_tokens (token_hash, session_id, created_at, expires_at)
            values (@Hash, @sessionId, @now, @ExpiresAt)
            """,
            new { Hash = refreshToken.Hash(), sessionId, now, ExpiresAt = idle < sessionExpiresAt ? idle : sessionExpiresAt },
            cancellationToken);
        var access = await accessTokens.IssueForSessionAsync(member, sessionId, proof, sessionExpiresAt, cancellationToken);
        return new TokenResponse(access.Value, refreshToken.Value, access.ExpiresIn);
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
    }
}

public enum RefreshOutcome
{
    Rotated,

    /// <summary>Unknown, expired or revoked.</summary>
    Refused,

    /// <summary>Used before; the session is ended.</summary>
    Reused,
}
