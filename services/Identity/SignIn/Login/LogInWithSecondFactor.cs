using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Factors.Passkeys;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.SignIn.Login;

public static class LogInWithSecondFactor
{
    public sealed record Request
    {
        /// <summary>From the answer <c>two-factor-required</c> of /auth/login.</summary>
        public required string Challenge { get; init; }

        /// <summary>What the authenticator app shows.</summary>
        public string? Code { get; init; }

        /// <summary>One of the ten, each of which works once.</summary>
        public string? RecoveryCode { get; init; }

        /// <summary>A passkey's answer to <c>passkeyOptions</c> (PublicKeyCredential.toJSON(), WebAuthn level 3).</summary>
        public JsonElement? Credential { get; init; }

        /// <summary>Asks for a deviceToken: sent to /auth/login, it stands for the second factor for 30 days.</summary>
        public bool RememberDevice { get; init; }
    }

    /// <summary>A wrong code leaves the challenge for another try, five in all. Right, it is used up together with the code.</summary>
    public static async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> HandleAsync(
        Request body,
        LoginChallenges challenges,
        FactorCheck factors,
        PasskeyCeremonies passkeys,
        SignInCompletion signIn,
        Database database,
        IdentityMetrics metrics,
        TimeProvider time,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (body.Challenge.Length == 0)
        {
            errors.Add("challenge", "This is required.");
        }

        var proof = body.Credential is null ? FactorProof.Parse(body.Code, body.RecoveryCode, errors) : null;
        if (body.Credential is { } sent && (body.Code is not null || body.RecoveryCode is not null))
        {
            errors.Add("credential", "Send exactly one of code, recoveryCode and credential.");
        }
        else if (body.Credential is { ValueKind: not JsonValueKind.Object })
        {
            errors.Add("credential", PasskeyCeremonies.NoCredential);
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        if (!OneTimeSecret.TryHash(body.Challenge, out var hash) || await challenges.FindAsync(hash, cancellationToken) is not { } challenge)
        {
            metrics.LoggedIn("refused");
            return Problems.InvalidChallenge.Result();
        }

        if (proof is not null && await factors.BeginAsync(proof, challenge.UserId, cancellationToken) is { } until)
        {
            metrics.LoggedIn("locked_out");
            return factors.Blocked(context, until);
        }

        if (!await challenges.CountTryAsync(hash, cancellationToken))
        {
            metrics.LoggedIn("refused");
            return Problems.InvalidChallenge.Result();
        }

        var assertion = body.Credential is { } credential && challenge.PasskeyState is { } state
            ? await passkeys.AssertAsync(credential, state, PasskeyCeremonies.SecondFactor, context)
            : null;
        if (proof is null && assertion?.UserId != challenge.UserId)
        {
            metrics.LoggedIn("refused");
            return Problems.InvalidPasskey.Result();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        await SecondFactors.LockAsync(work, challenge.UserId, cancellationToken);
        if (!await challenges.UseAsync(work, hash, cancellationToken))
        {
            metrics.LoggedIn("refused");
            return Problems.InvalidChallenge.Result();
        }

        if (proof is not null
            ? !await factors.AcceptAsync(work, challenge.UserId, proof, cancellationToken)
            : !await passkeys.CountUseAsync(work, assertion!, cancellationToken))
        {
            metrics.LoggedIn("refused");
            return proof is null ? Problems.InvalidPasskey.Result() : Problems.InvalidCode.Result();
        }

        var method = proof is null ? AuthenticationMethods.Passkey : AuthenticationMethods.OneTimeCode;
        return await signIn.CompleteAsync(
            work,
            new ProvenSignIn(
                challenge.UserId,
                new AuthenticationProof([.. challenge.Methods, method, AuthenticationMethods.TwoFactors], time.GetUtcNow()) { SsoProvider = challenge.SsoProvider })
            {
                WorkspaceId = challenge.WorkspaceId,
                RememberDevice = body.RememberDevice,
            },
            context,
            cancellationToken);
    }
}
