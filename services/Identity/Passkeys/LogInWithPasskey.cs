using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Identity.Sessions;
using LinkShort.Identity.Sso;
using LinkShort.Identity.Suspensions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Passkeys;

public static class LogInWithPasskey
{
    public sealed record Request
    {
        /// <summary>What <c>navigator.credentials.get</c> answered to /auth/passkey/options: PublicKeyCredential.toJSON().</summary>
        public required JsonElement Credential { get; init; }
    }

    /// <summary>Without a password. The device has asked for a PIN or fingerprint, so this counts as two factors.</summary>
    public static async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> HandleAsync(
        Request body, PasskeyCeremonies passkeys, SessionStore sessions, SsoRequirement ssoRequirement, Database database, Telemetry telemetry, TimeProvider time, HttpContext context,
        CancellationToken cancellationToken)
    {
        if (body.Credential.ValueKind != JsonValueKind.Object)
        {
            return ValidationErrors.Of("credential", PasskeyCeremonies.NoCredential);
        }

        if (await passkeys.FinishSignInAsync(body.Credential, context, cancellationToken) is not { } assertion)
        {
            telemetry.LoggedIn("refused");
            return Problems.InvalidPasskey.Result();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        if (!await passkeys.CountUseAsync(work, assertion, cancellationToken))
        {
            telemetry.LoggedIn("refused");
            return Problems.InvalidPasskey.Result();
        }

        if (await AccountSuspensions.RefusalAsync(work, assertion.UserId, cancellationToken) is { } suspended)
        {
            telemetry.LoggedIn("refused");
            return suspended;
        }

        if (await ssoRequirement.CheckAsync(work, assertion.UserId, provider: null, cancellationToken) is { } otherwise)
        {
            telemetry.LoggedIn("refused");
            return otherwise;
        }

        var tokens = await sessions.StartAsync(
            work,
            assertion.UserId,
            new AuthenticationProof([AuthenticationMethods.Passkey, AuthenticationMethods.TwoFactors], time.GetUtcNow()),
            context,
            cancellationToken);
        await work.CommitAsync(cancellationToken);
        telemetry.LoggedIn("succeeded");
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(tokens);
    }
}
