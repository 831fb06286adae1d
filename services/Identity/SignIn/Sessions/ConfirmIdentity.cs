using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Factors.Passkeys;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.SignIn.Login;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.SignIn.Sessions;

public static class ConfirmIdentity
{
    public sealed record Request
    {
        /// <summary>Required unless a passkey's response is sent, or the account has no password.</summary>
        public string? Password { get; init; }

        /// <summary>A code from the authenticator app, for accounts with two-factor authentication.</summary>
        public string? Code { get; init; }

        /// <summary>A recovery code instead of <see cref="Code"/>.</summary>
        public string? RecoveryCode { get; init; }

        /// <summary>A passkey's response to /auth/passkey/options, instead of all of these.</summary>
        public JsonElement? Credential { get; init; }
    }

    /// <summary>
    /// A signed-in user proves their identity again, as <see cref="RecentSignIn"/> requires. It takes the same proofs as a sign-in, and wrong
    /// ones are counted and locked alike.
    /// </summary>
    public static async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser current, UserManager<User> users, IdentityConfirmation confirmation, HttpContext context,
        CancellationToken cancellationToken)
    {
        if (current.SessionId is not { } sessionId || await users.FindByIdAsync(current.Id.ToString()) is not { } user)
        {
            return Problems.Unauthorized.Result();
        }

        var errors = new ValidationErrors();
        var proof = body.Code is null && body.RecoveryCode is null ? null : FactorProof.Parse(body.Code, body.RecoveryCode, errors);
        if (body.Credential is { } sent)
        {
            if (body.Password is not null || proof is not null)
            {
                errors.Add("credential", IdentityTexts.Of("signIn.credentialOrPassword"));
            }
            else if (sent.ValueKind != JsonValueKind.Object)
            {
                errors.Add("credential", PasskeyCeremonies.NoCredential);
            }
        }
        else if (user.PasswordHash is null && (proof is null || !OwnCredentials.AreProved(context.User)))
        {
            // The workspace's provider may have vouched for the second factor, too. Then a code would be the only own credential.
            errors.Add("password", PasswordProof.None);
        }
        else if (user.PasswordHash is not null || body.Password is not null)
        {
            Password.CheckForm(body.Password ?? "", errors);
        }

        return errors.Any ? errors.ToResult()
            : body.Credential is { } credential ? await confirmation.ByPasskeyAsync(user.Id, sessionId, credential, context, cancellationToken)
            : await confirmation.ByPasswordAsync(user, sessionId, body.Password, proof, context, cancellationToken);
    }
}
