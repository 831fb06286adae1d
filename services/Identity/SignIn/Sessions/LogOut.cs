using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.SignIn.Sessions;

public static class LogOut
{
    public sealed record Request
    {
        public required string RefreshToken { get; init; }
    }

    /// <summary>Idempotent: after a 204, no token can be refreshed with it, even if it was invalid before.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Request body, UserSessions sessions, CancellationToken cancellationToken)
    {
        if (body.RefreshToken.Length == 0)
        {
            return ValidationErrors.Of("refreshToken", FieldRules.Required);
        }

        if (OneTimeSecret.TryHash(body.RefreshToken, out var hash))
        {
            await sessions.EndAsync(hash, cancellationToken);
        }

        return TypedResults.NoContent();
    }
}
