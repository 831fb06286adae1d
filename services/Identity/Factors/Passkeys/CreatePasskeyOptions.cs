using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Factors.Passkeys;

public static class CreatePasskeyOptions
{
    /// <summary>For <c>navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(…)})</c>.</summary>
    public static async Task<Results<Ok<JsonElement>, ProblemHttpResult>> HandleAsync(
        CurrentUser user, UserManager<User> users, PasskeyCeremonies passkeys, HttpContext context, CancellationToken cancellationToken)
    {
        if (await users.FindByIdAsync(user.Id.ToString()) is not { } account)
        {
            return Problems.Unauthorized.Result();
        }

        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(await passkeys.BeginCreationAsync(account, context, cancellationToken));
    }
}
