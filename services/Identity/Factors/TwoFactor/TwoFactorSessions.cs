using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.Factors.TwoFactor;

/// <summary>Notes in a session what its owner proved after it began.</summary>
public sealed class TwoFactorSessions(TimeProvider time)
{
    /// <summary>The session's next tokens say so (<c>amr</c>, <c>auth_time</c>).</summary>
    /// <param name="method">Of <see cref="AuthenticationMethods"/>.</param>
    public async Task RecordProofAsync(UnitOfWork work, HttpContext context, Guid userId, string method, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(context);
        if (!Guid.TryParse(context.User.FindFirst(Tokens.Claims.Session)?.Value, out var sessionId))
        {
            return;
        }

        await work.ExecuteAsync(
            """
            -- every workspace: a session is its owner's, whichever workspace it is in at the moment
            update sessions set
                methods = (select array_agg(distinct method) from unnest(methods || @Methods) method),
                authenticated_at = @Now
            where id = @sessionId and user_id = @userId and revoked_at is null
            """,
            new { sessionId, userId, Methods = new[] { method, AuthenticationMethods.TwoFactors }, Now = time.GetUtcNow() },
            cancellationToken);
    }
}
