using System.Text.Json;
using LinkShort.Identity.Factors.Passkeys;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.SignIn.Login;

public static class LogInWithSecondFactor
{
    public sealed record Request
    {
        /// <summary>From the <c>two-factor-required</c> response of /auth/login.</summary>
        public required string Challenge { get; init; }

        /// <summary>A code from the authenticator app.</summary>
        public string? Code { get; init; }

        /// <summary>One of the ten recovery codes, each of which works once.</summary>
        public string? RecoveryCode { get; init; }

        /// <summary>A passkey's response to <c>passkeyOptions</c> (PublicKeyCredential.toJSON(), WebAuthn level 3).</summary>
        public JsonElement? Credential { get; init; }

        /// <summary>Requests a deviceToken: sent to /auth/login, it replaces the second factor for 30 days.</summary>
        public bool RememberDevice { get; init; }
    }

    /// <summary>A challenge allows five wrong codes. The right one uses it up.</summary>
    public static async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> HandleAsync(
        Request body, SecondFactorSignIn signIn, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (body.Challenge.Length == 0)
        {
            errors.Add("challenge", FieldRules.Required);
        }

        var proof = body.Credential is null ? FactorProof.Parse(body.Code, body.RecoveryCode, errors) : null;
        if (body.Credential is not null && (body.Code is not null || body.RecoveryCode is not null))
        {
            errors.Add("credential", IdentityTexts.Of("signIn.oneFactor"));
        }
        else if (body.Credential is { ValueKind: not JsonValueKind.Object })
        {
            errors.Add("credential", PasskeyCeremonies.NoCredential);
        }

        return errors.Any ? errors.ToResult() : await signIn.CompleteAsync(body, proof, context, cancellationToken);
    }
}
