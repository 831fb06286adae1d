using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Login;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Factors.Passkeys;

public static class LogInWithPasskey
{
    public sealed record Request
    {
        /// <summary>The result of <c>navigator.credentials.get</c> for /auth/passkey/options: PublicKeyCredential.toJSON().</summary>
        public required JsonElement Credential { get; init; }
    }

    /// <summary>Without a password. The device verified the user by a PIN or fingerprint, so this counts as two factors.</summary>
    public static async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> HandleAsync(
        Request body, PasskeyCeremonies passkeys, SignInCompletion signIn, Database database, IdentityMetrics metrics, TimeProvider time, HttpContext context,
        CancellationToken cancellationToken)
    {
        if (body.Credential.ValueKind != JsonValueKind.Object)
        {
            return ValidationErrors.Of("credential", PasskeyCeremonies.NoCredential);
        }

        if (await passkeys.FinishSignInAsync(body.Credential, context, cancellationToken) is not { } assertion)
        {
            metrics.LoggedIn("refused");
            return Problems.InvalidPasskey.Result();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        if (!await passkeys.CountUseAsync(work, assertion, cancellationToken))
        {
            metrics.LoggedIn("refused");
            return Problems.InvalidPasskey.Result();
        }

        var proof = new AuthenticationProof([AuthenticationMethods.Passkey, AuthenticationMethods.TwoFactors], time.GetUtcNow());
        return (await signIn.CompleteAsync(work, new ProvenSignIn(assertion.UserId, proof), context, cancellationToken)).ToResult();
    }
}
