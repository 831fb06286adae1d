using Dapper;
using LinkShort.Contracts;
using LinkShort.Identity.Erasure;
using LinkShort.Identity.Notices;
using LinkShort.ServiceDefaults.Auditing;
using LinkShort.ServiceDefaults.Data;
using LinkShort.Visitors.Geography;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Sessions;

/// <summary>Somebody's place in a workspace: what their access tokens say.</summary>
/// <param name="ReadOnly">The workspace is going to be deleted.</param>
public sealed record Membership(Guid UserId, Guid WorkspaceId, string Role, string Plan, string Locale, bool ReadOnly)
{
    public Membership(Guid userId, Guid workspaceId, string role, string plan, string locale)
        : this(userId, workspaceId, role, plan, locale, ReadOnly: false)
    {
    }
}

/// <summary>
/// Sign-ins and their refresh tokens. Each token works once; one that comes a second time was stolen from somebody (which of the two
/// callers is the thief can't be told), so it ends the session (RFC 9700, 4.14.2). An ended session's access tokens are refused
/// everywhere within a second.
/// </summary>
public sealed class SessionStore(
    Database database, AccessTokens accessTokens, Revocations revocations, AuditTrail audit, Places places, KnownOrigins origins, Erasures erasures, IOptions<IdentitySettings> settings, TimeProvider time)
{
    /// <summary>Begins a session, and records it in the audit log as <c>session.started</c>.</summary>
    /// <param name="proof">What made it; kept with the session.</param>
    /// <param name="context">The request that signs in: device and network are those of its sender.</param>
    /// <param name="workspaceId">Where it begins; the person's own workspace without one. They must be a member.</param>
    public async Task<TokenResponse> StartAsync(
        UnitOfWork work, Guid userId, AuthenticationProof proof, HttpContext context, CancellationToken cancellationToken, Guid? workspaceId = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(proof);
        ArgumentOutOfRangeException.ThrowIfZero(proof.Methods.Count);
        var member = await work.Connection.QuerySingleAsync<Membership>(new CommandDefinition(
            """
            select m.user_id, m.workspace_id, m.role, w.plan, u.locale, w.deletion_scheduled_at is not null as read_only
            from workspaces w
            join members m on m.workspace_id = w.id and m.user_id = @userId
            join users u on u.id = m.user_id
            where case when @workspaceId::uuid is null then w.personal_of = @userId else m.workspace_id = @workspaceId end
            """,
            new { userId, workspaceId }, work.Transaction, cancellationToken: cancellationToken));
        var now = time.GetUtcNow();
        var sessionId = Guid.CreateVersion7(now);
        var expiresAt = now + settings.Value.SessionLifetime;
        var origin = SessionOrigin.Of(context, places);
        await work.Connection.ExecuteAsync(new CommandDefinition(
            """
            insert into sessions (id, user_id, workspace_id, created_at, last_used_at, expires_at, methods, authenticated_at,
                browser, os, device, network, country, city)
            values (@sessionId, @UserId, @WorkspaceId, @now, @now, @expiresAt, @Methods, @At,
                @Browser, @Os, @Device, @Network, @Country, @City)
            """,
            new
            {
                sessionId, member.UserId, member.WorkspaceId, now, expiresAt, Methods = proof.Methods.ToArray(), proof.At,
                origin.Browser, origin.Os, origin.Device, origin.Network, origin.Country, origin.City,
            },
            work.Transaction, cancellationToken: cancellationToken));
        // Whoever comes back wants the account.
        await erasures.CancelAsync(work, userId, cancellationToken);
        await origins.NoteAsync(work, userId, origin, cancellationToken);
        work.Publish(audit.Entry(
            "session.started", "session", sessionId, after: new { proof.Methods, origin.Browser, origin.Os, origin.Country, origin.City },
            workspace: member.WorkspaceId, actor: userId));
        return await IssueAsync(work, sessionId, proof, expiresAt, member, now, cancellationToken);
    }

    /// <summary>Uses up a refresh token. Of two uses at once, one gets the tokens and the other one counts as a reuse.</summary>
    public async Task<(RefreshOutcome Outcome, TokenResponse? Tokens)> RefreshAsync(byte[] tokenHash, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var now = time.GetUtcNow();
        // The lock makes a second use wait for the first one's commit, and then see it.
        var token = await work.Connection.QuerySingleOrDefaultAsync<TokenRow>(new CommandDefinition(
            """
            -- every workspace: the token is the proof, and tells whose session and workspace it is
            select t.session_id, t.used_at, t.expires_at, s.expires_at as session_expires_at, s.revoked_at, s.methods, s.authenticated_at
            from refresh_tokens t join sessions s on s.id = t.session_id
            where t.token_hash = @tokenHash
            for update
            """,
            new { tokenHash }, work.Transaction, cancellationToken: cancellationToken));
        if (token is null || token.RevokedAt is not null || token.ExpiresAt <= now || token.SessionExpiresAt <= now)
        {
            return (RefreshOutcome.Refused, null);
        }

        if (token.UsedAt is { } usedAt)
        {
            if (now - usedAt < settings.Value.RefreshReuseGrace)
            {
                return (RefreshOutcome.Refused, null);
            }

            await EndAsync(work, token.SessionId, "session.stolen", cancellationToken);
            await work.CommitAsync(cancellationToken);
            return (RefreshOutcome.Reused, null);
        }

        // Read again: role, plan, language and the membership itself may have changed since.
        var member = await work.Connection.QuerySingleOrDefaultAsync<Membership>(new CommandDefinition(
            """
            select m.user_id, m.workspace_id, m.role, w.plan, u.locale, w.deletion_scheduled_at is not null as read_only
            from sessions s
            join members m on m.workspace_id = s.workspace_id and m.user_id = s.user_id
            join workspaces w on w.id = m.workspace_id
            join users u on u.id = m.user_id
            where s.id = @SessionId
            """,
            new { token.SessionId }, work.Transaction, cancellationToken: cancellationToken));
        if (member is null)
        {
            await EndAsync(work, token.SessionId, "session.ended", cancellationToken);
            await work.CommitAsync(cancellationToken);
            return (RefreshOutcome.Refused, null);
        }

        await work.Connection.ExecuteAsync(new CommandDefinition(
            """
            update refresh_tokens set used_at = @now where token_hash = @tokenHash;
            update sessions set last_used_at = @now where id = @SessionId and workspace_id = @WorkspaceId;
            """,
            new { tokenHash, token.SessionId, member.WorkspaceId, now }, work.Transaction, cancellationToken: cancellationToken));
        var proof = new AuthenticationProof(token.Methods, token.AuthenticatedAt);
        var tokens = await IssueAsync(work, token.SessionId, proof, token.SessionExpiresAt, member, now, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return (RefreshOutcome.Rotated, tokens);
    }

    /// <summary>Ends the session that the token belongs to, whether or not the token was used before. Unknown tokens have none.</summary>
    public async Task EndAsync(byte[] tokenHash, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var sessionId = await work.Connection.ExecuteScalarAsync<Guid?>(new CommandDefinition(
            """
            -- every workspace: the token is the proof, and tells whose session it is
            select session_id from refresh_tokens where token_hash = @tokenHash
            """,
            new { tokenHash }, work.Transaction, cancellationToken: cancellationToken));
        if (sessionId is { } id && await EndAsync(work, id, "session.ended", cancellationToken))
        {
            await work.CommitAsync(cancellationToken);
        }
    }

    /// <returns>False when it had ended before: nothing was changed.</returns>
    private async Task<bool> EndAsync(UnitOfWork work, Guid sessionId, string action, CancellationToken cancellationToken)
    {
        var owner = await work.Connection.QuerySingleOrDefaultAsync<Owner>(new CommandDefinition(
            // every workspace: the session's id was read by its token just now, in this transaction
            "update sessions set revoked_at = @now where id = @sessionId and revoked_at is null returning user_id, workspace_id",
            new { sessionId, now = time.GetUtcNow() }, work.Transaction, cancellationToken: cancellationToken));
        if (owner is null)
        {
            return false;
        }

        await revocations.RevokeAsync(work, RevocationKinds.Session, sessionId.ToString(), cancellationToken);
        work.Publish(audit.Entry(action, "session", sessionId, workspace: owner.WorkspaceId, actor: owner.UserId));
        return true;
    }

    private sealed record Owner(Guid UserId, Guid WorkspaceId);

    private async Task<TokenResponse> IssueAsync(
        UnitOfWork work,
        Guid sessionId,
        AuthenticationProof proof,
        DateTimeOffset sessionExpiresAt,
        Membership member,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var refreshToken = RefreshToken.Create();
        var idle = now + settings.Value.SessionIdleLifetime;
        await work.Connection.ExecuteAsync(new CommandDefinition(
            """
            insert into refresh_tokens (token_hash, session_id, created_at, expires_at)
            values (@Hash, @sessionId, @now, @ExpiresAt)
            """,
            new { Hash = refreshToken.Hash(), sessionId, now, ExpiresAt = idle < sessionExpiresAt ? idle : sessionExpiresAt },
            work.Transaction, cancellationToken: cancellationToken));
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

        public required string[] Methods { get; init; }

        public DateTimeOffset AuthenticatedAt { get; init; }
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
