using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.SignIn.Sessions;

/// <summary>Issues the access and refresh tokens of sessions.</summary>
public sealed class SessionTokens(AccessTokens accessTokens, IOptions<IdentityServiceOptions> options, TimeProvider time)
{
    public async Task<TokenResponse> IssueAsync(
        UnitOfWork work, Guid sessionId, AuthenticationProof proof, DateTimeOffset sessionExpiresAt, Membership member, CancellationToken cancellationToken)
    {
        var refreshToken = OneTimeSecret.Create();
        var now = time.GetUtcNow();
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
}
