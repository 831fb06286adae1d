using LinkShort.Identity.Administration.Suspensions;
using LinkShort.Identity.Factors.Passkeys;
using LinkShort.Identity.Factors.TrustedDevices;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.Identity.Sso;
using LinkShort.Identity.Workspaces.Members;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.SignIn.Login;

/// <summary>
/// The last part of every way of signing in: the checks that no proof replaces, the second factor if the account has one, and the session.
/// </summary>
public sealed class SignInCompletion(
    LoginChallenges challenges, PasskeyCeremonies passkeys, DeviceTokens devices, SessionCreation sessions, SsoRequirement ssoRequirement,
    IOptions<SsoOptions> sso, IdentityMetrics metrics)
{
    /// <summary>Commits <paramref name="work"/> unless the sign-in is refused.</summary>
    public async Task<SignInOutcome> CompleteAsync(
        UnitOfWork work, ProvenSignIn signIn, HttpContext context, CancellationToken cancellationToken)
    {
        if (await AccountSuspensions.RefusalAsync(work, signIn.UserId, cancellationToken) is { } suspended)
        {
            return Refused(suspended);
        }

        var proof = signIn.Proof;
        var factors = proof.HasTwoFactors ? null : await SecondFactors.OfAsync(work.Connection, signIn.UserId, cancellationToken);
        var needsSecond = factors is { Enabled: true }
            && (signIn.DeviceToken is null || !await devices.IsTrustedAsync(work, signIn.UserId, signIn.DeviceToken, cancellationToken));
        if (await ssoRequirement.CheckAsync(work, signIn.UserId, proof.SsoProvider, startsSession: !needsSecond, cancellationToken) is { } otherwise)
        {
            return Refused(otherwise);
        }

        if (signIn.EnterWorkspaceAsync is { } enter && await enter() is { } refusal)
        {
            return Refused(refusal);
        }

        if (needsSecond)
        {
            return await ChallengeAsync(work, signIn, factors!, context, cancellationToken);
        }

        if (factors is { Enabled: true })
        {
            // The device proved it.
            proof = proof with { Methods = [.. proof.Methods, AuthenticationMethods.TwoFactors] };
        }

        return await StartAsync(work, signIn with { Proof = proof }, context, cancellationToken);
    }

    private async Task<SecondFactorRequired> ChallengeAsync(
        UnitOfWork work, ProvenSignIn signIn, SecondFactors factors, HttpContext context, CancellationToken cancellationToken)
    {
        var passkey = await passkeys.MakeSecondFactorAsync(work, signIn.UserId, context);
        var challenge = await challenges.CreateAsync(work, signIn, passkey?.State, cancellationToken);
        await work.CommitAsync(cancellationToken);
        metrics.LoggedIn("challenged");
        TokenResponse.ForbidStoring(context.Response);
        return new SecondFactorRequired(challenge, factors.Methods, passkey?.Options);
    }

    private async Task<SignedIn> StartAsync(UnitOfWork work, ProvenSignIn signIn, HttpContext context, CancellationToken cancellationToken)
    {
        // A user removed from the workspace between the two steps starts in their own.
        var workspaceId = signIn.WorkspaceId is { } asked && await MemberChanges.RoleOfAsync(work, asked, signIn.UserId, cancellationToken) is not null
            ? signIn.WorkspaceId
            : null;
        if (signIn.Started is { } started)
        {
            work.Publish(started);
        }

        var tokens = await sessions.StartAsync(
            work, signIn.UserId, signIn.Proof, context, workspaceId, signIn.WorkspaceId is null ? null : sso.Value.SessionLifetime, cancellationToken);
        if (signIn.RememberDevice)
        {
            tokens = tokens with { DeviceToken = await devices.RememberAsync(work, signIn.UserId, context, cancellationToken) };
        }

        await work.CommitAsync(cancellationToken);
        metrics.LoggedIn("succeeded");
        TokenResponse.ForbidStoring(context.Response);
        return new SignedIn(tokens);
    }

    private SignInRefused Refused(ProblemHttpResult problem)
    {
        metrics.LoggedIn("refused");
        return new SignInRefused(problem);
    }
}
