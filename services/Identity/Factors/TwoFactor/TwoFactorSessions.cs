using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.Factors.TwoFactor;

/// <summary>Records proofs that a user gave after the session started.</summary>
public sealed class TwoFactorSessions(TimeProvider time)
{
    /// <summary>The session's next tokens claim it (<c>amr</c>, <c>auth_time</c>).</summary>
    /// <param name="method">Of <see cref="AuthenticationMethods"/>.</param>
    public async Task RecordProofAsync(UnitOfWork work, HttpContext context, Guid userId, string method, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(context.User.FindFirst(Tokens.Claims.Session)?.Value, out var sessionId))
        {
            return;
        }

        await work.ExecuteAsync(
            """
            -- every workspace: a session is its owner's in any
            update sessions set
                methods = (select array_agg(distinct method) from unnest(methods || @Methods) method),
                authenticated_at = @Now
            where id = @sessionId and user_id = @userId and revoked_at is null
            """,
            new { sessionId, userId, Methods = new[] { method, AuthenticationMethods.TwoFactors }, Now = time.GetUtcNow() },
            cancellationToken);
    }
}
