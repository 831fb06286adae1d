using System.Text.Json;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Factors.Passkeys;

public static class PasskeySignInOptions
{
    public sealed record Request
    {
        /// <summary>The account that the passkey must belong to; null accepts any.</summary>
        public string? Email { get; init; }
    }

    /// <summary>
    /// For <c>navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(…)})</c>. The options are the same for
    /// every address: the browser finds the passkey.
    /// </summary>
    public static async Task<Results<Ok<JsonElement>, ProblemHttpResult>> HandleAsync(
        Request body, PasskeyCeremonies passkeys, HttpContext context, CancellationToken cancellationToken)
    {
        EmailAddress? email = null;
        if (body.Email is not null && !EmailAddress.TryParse(body.Email, out email, out var error))
        {
            return ValidationErrors.Of("email", error);
        }

        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(await passkeys.BeginSignInAsync(email, context, cancellationToken));
    }
}
