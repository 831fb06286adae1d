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

/// <summary>The second step of a sign-in: a challenge, and a code or a passkey's response to it.</summary>
public sealed class SecondFactorSignIn(
    LoginChallenges challenges, FactorCheck factors, PasskeyCeremonies passkeys, SignInCompletion signIn, Database database, IdentityMetrics metrics,
    TimeProvider time)
{
    /// <param name="proof">The code; null when a passkey's response was sent.</param>
    public async Task<Results<Ok<TokenResponse>, ProblemHttpResult>> CompleteAsync(
        LogInWithSecondFactor.Request request, FactorProof? proof, HttpContext context, CancellationToken cancellationToken)
    {
        if (!OneTimeSecret.TryHash(request.Challenge, out var hash) || await challenges.FindAsync(hash, cancellationToken) is not { } challenge)
        {
            return Refused(Problems.InvalidChallenge);
        }

        if (proof is not null && await factors.BeginAsync(proof, challenge.UserId, cancellationToken) is { } until)
        {
            metrics.LoggedIn("locked_out");
            return factors.Blocked(context, until);
        }

        if (!await challenges.CountTryAsync(hash, cancellationToken))
        {
            return Refused(Problems.InvalidChallenge);
        }

        var assertion = await AssertAsync(request.Credential, challenge, context);
        if (proof is null && assertion?.UserId != challenge.UserId)
        {
            return Refused(Problems.InvalidPasskey);
        }

        await using var work = await database.BeginAsync(cancellationToken);
        await SecondFactors.LockAsync(work, challenge.UserId, cancellationToken);
        if (!await challenges.UseAsync(work, hash, cancellationToken))
        {
            return Refused(Problems.InvalidChallenge);
        }

        if (proof is not null
            ? !await factors.AcceptAsync(work, challenge.UserId, proof, cancellationToken)
            : !await passkeys.CountUseAsync(work, assertion!, cancellationToken))
        {
            return Refused(proof is null ? Problems.InvalidPasskey : Problems.InvalidCode);
        }

        var method = proof is null ? AuthenticationMethods.Passkey : AuthenticationMethods.OneTimeCode;
        var proven = new ProvenSignIn(
            challenge.UserId,
            new AuthenticationProof([.. challenge.Methods, method, AuthenticationMethods.TwoFactors], time.GetUtcNow()) { SsoProvider = challenge.SsoProvider })
        {
            WorkspaceId = challenge.WorkspaceId,
            RememberDevice = request.RememberDevice,
        };
        return (await signIn.CompleteAsync(work, proven, context, cancellationToken)).ToResult();
    }

    private async Task<PasskeyAssertion?> AssertAsync(JsonElement? sent, LoginChallenge challenge, HttpContext context) =>
        sent is { } credential && challenge.PasskeyState is { } state
            ? await passkeys.AssertAsync(credential, state, PasskeyCeremonies.SecondFactor, context)
            : null;

    private ProblemHttpResult Refused(ProblemType problem)
    {
        metrics.LoggedIn("refused");
        return problem.Result();
    }
}
