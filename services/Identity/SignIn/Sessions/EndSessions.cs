using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.SignIn.Sessions;

public static class EndSessions
{
    /// <summary>Ends one of the caller's sessions. Its tokens are refused everywhere within a second.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> EndOneAsync(
        Guid id, CurrentUser user, UserSessions sessions, Database database, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        if (!await sessions.EndAsync(work, user.Id, id, cancellationToken))
        {
            return Problems.NotFound.Result();
        }

        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <param name="all">Also ends the caller's session.</param>
    public static async Task<NoContent> EndOthersAsync(
        bool? all, CurrentUser user, UserSessions sessions, Database database, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await sessions.EndAllAsync(work, user.Id, except: all == true ? null : user.SessionId, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
