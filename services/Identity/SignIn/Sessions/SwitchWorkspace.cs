using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.SignIn.Sessions;

public static class SwitchWorkspace
{
    public sealed record Request
    {
        public required Guid WorkspaceId { get; init; }
    }

    /// <summary>Moves the session to another workspace of the user. The returned refresh token replaces the current one.</summary>
    public static async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser user, UserSessions sessions, Database database, HttpContext context, CancellationToken cancellationToken)
    {
        if (user.SessionId is not { } sessionId)
        {
            return Problems.Forbidden.Result();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        var (tokens, outcome) = await sessions.SwitchAsync(work, user.Id, sessionId, body.WorkspaceId, cancellationToken);
        if (tokens is null)
        {
            return outcome switch
            {
                SwitchOutcome.NeedsTwoFactors => Problems.TwoFactorEnrollmentRequired.Result(),
                SwitchOutcome.NeedsOwnCredentials => OwnCredentials.Required(),
                _ => Problems.NotFound.Result(IdentityTexts.Of("signIn.notAMember")),
            };
        }

        await work.CommitAsync(cancellationToken);
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(tokens);
    }
}
