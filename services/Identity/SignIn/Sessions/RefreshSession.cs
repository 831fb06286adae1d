using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.SignIn.Sessions;

public static class RefreshSession
{
    public sealed record Request
    {
        public required string RefreshToken { get; init; }
    }

    public static async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> HandleAsync(
        Request body, UserSessions sessions, IdentityMetrics metrics, HttpContext context, CancellationToken cancellationToken)
    {
        if (body.RefreshToken.Length == 0)
        {
            return ValidationErrors.Of("refreshToken", FieldRules.Required);
        }

        if (!OneTimeSecret.TryHash(body.RefreshToken, out var hash))
        {
            metrics.Refreshed("refused");
            return Problems.InvalidRefreshToken.Result();
        }

        var (outcome, tokens) = await sessions.RefreshAsync(hash, cancellationToken);
        metrics.Refreshed(outcome switch
        {
            RefreshOutcome.Rotated => "rotated",
            RefreshOutcome.Reused => "reused",
            _ => "refused",
        });
        if (tokens is null)
        {
            return Problems.InvalidRefreshToken.Result();
        }

        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(tokens);
    }
}
