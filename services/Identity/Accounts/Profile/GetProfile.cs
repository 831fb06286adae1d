using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Accounts.Profile;

public static class GetProfile
{
    public static async Task<Results<Ok<ProfileResponse>, ProblemHttpResult>> HandleAsync(
        CurrentUser user, Database database, HttpContext context, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        if (await ProfileResponse.FindAsync(connection, user, cancellationToken) is not { } profile)
        {
            return Problems.Unauthorized.Result();
        }

        ETags.Write(context.Response, profile.Version);
        return TypedResults.Ok(profile with { LimitedToWorkspace = !OwnCredentials.AreProved(context.User) });
    }
}
