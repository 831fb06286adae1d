using Dapper;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LinkShort.Identity.Sessions;

/// <summary>Somebody's place in a workspace: what their access tokens say.</summary>
public sealed record Membership(Guid UserId, Guid WorkspaceId, string Role, string Plan, string Locale);

/// <summary>
/// Sign-ins and their refresh tokens. Each token works once; one that comes a second time was stolen from somebody (which of the two
/// callers is the thief can't be told), so it ends the session (RFC 9700, 4.14.2).
/// </summary>
public sealed class SessionStore(Database database, AccessTokens accessTokens, IOptions<IdentitySettings> settings, TimeProvider time)
{
    /// <summary>Begins a session in the person's own workspace.</summary>
    public async Task<TokenResponse> StartAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        var member = await work.Connection.QuerySingleAsync<Membership>(new CommandDefinition(
            """
            select m.user_id, m.workspace_id, m.role, w.plan, u.locale
            from workspaces w
            join members m on m.workspace_id = w.id and m.user_id = w.personal_of
            join users u on u.id = m.user_id
            where w.personal_of = @userId
            """,
            new { userId }, work.Transaction, cancellationToken: cancellationToken));
        var now = time.GetUtcNow();
        var sessionId = Guid.CreateVersion7(now);
        var expiresAt = now + settings.Value.SessionLifetime;
        await work.Connection.ExecuteAsync(new CommandDefinition(
            """
            insert into sessions (id, user_id, workspace_id, created_at, last_used_at, expires_at)
            values (@sessionId, @UserId, @WorkspaceId, @now, @now, @expiresAt)
            """,
            new { sessionId, member.UserId, member.WorkspaceId, now, expiresAt }, work.Transaction, cancellationToken: cancellationToken));
        return await IssueAsync(work.Connection, work.Transaction, sessionId, expiresAt, member, now, cancellationToken);
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
            select t.session_id, t.used_at, t.expires_at, s.expires_at as session_expires_at, s.revoked_at
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

            await EndAsync(work, token.SessionId, now, cancellationToken);
            await work.CommitAsync(cancellationToken);
            return (RefreshOutcome.Reused, null);
        }

        // Read again: role, plan, language and the membership itself may have changed since.
        var member = await work.Connection.QuerySingleOrDefaultAsync<Membership>(new CommandDefinition(
            """
            select m.user_id, m.workspace_id, m.role, w.plan, u.locale
            from sessions s
            join members m on m.workspace_id = s.workspace_id and m.user_id = s.user_id
            join workspaces w on w.id = m.workspace_id
            join users u on u.id = m.user_id
            where s.id = @SessionId
            """,
            new { token.SessionId }, work.Transaction, cancellationToken: cancellationToken));
        if (member is null)
        {
            await EndAsync(work, token.SessionId, now, cancellationToken);
            await work.CommitAsync(cancellationToken);
            return (RefreshOutcome.Refused, null);
        }

        await work.Connection.ExecuteAsync(new CommandDefinition(
            """
            update refresh_tokens set used_at = @now where token_hash = @tokenHash;
            update sessions set last_used_at = @now where id = @SessionId and workspace_id = @WorkspaceId;
            """,
            new { tokenHash, token.SessionId, member.WorkspaceId, now }, work.Transaction, cancellationToken: cancellationToken));
        var tokens = await IssueAsync(
            work.Connection, work.Transaction, token.SessionId, token.SessionExpiresAt, member, now, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return (RefreshOutcome.Rotated, tokens);
    }

    /// <summary>Ends the session that the token belongs to, whether or not the token was used before. Unknown tokens have none.</summary>
    public async Task EndAsync(byte[] tokenHash, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            -- every workspace: the token is the proof, and tells whose session it is
            update sessions set revoked_at = @Now
            where revoked_at is null and id = (select session_id from refresh_tokens where token_hash = @tokenHash)
            """,
            new { tokenHash, Now = time.GetUtcNow() }, cancellationToken: cancellationToken));
    }

    private static async Task EndAsync(UnitOfWork work, Guid sessionId, DateTimeOffset now, CancellationToken cancellationToken) =>
        await work.Connection.ExecuteAsync(new CommandDefinition(
            // every workspace: the session's id was read by its token just now, in this transaction
            "update sessions set revoked_at = @now where id = @sessionId and revoked_at is null",
            new { sessionId, now }, work.Transaction, cancellationToken: cancellationToken));

    private async Task<TokenResponse> IssueAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        Guid sessionId,
        DateTimeOffset sessionExpiresAt,
        Membership member,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var refreshToken = RefreshToken.Create();
        var idle = now + settings.Value.SessionIdleLifetime;
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into refresh_tokens (token_hash, session_id, created_at, expires_at)
            values (@Hash, @sessionId, @now, @ExpiresAt)
            """,
            new { Hash = refreshToken.Hash(), sessionId, now, ExpiresAt = idle < sessionExpiresAt ? idle : sessionExpiresAt },
            transaction, cancellationToken: cancellationToken));
        var access = await accessTokens.IssueAsync(member, Scopes.All, apiKeyId: null, notAfter: null, cancellationToken);
        return new TokenResponse(access.Value, refreshToken.Value, access.ExpiresIn);
    }

    private sealed record TokenRow(
        Guid SessionId, DateTimeOffset? UsedAt, DateTimeOffset ExpiresAt, DateTimeOffset SessionExpiresAt, DateTimeOffset? RevokedAt);
}

public enum RefreshOutcome
{
    Rotated,

    /// <summary>Unknown, expired or revoked.</summary>
    Refused,

    /// <summary>Used before; the session is ended.</summary>
    Reused,
}
