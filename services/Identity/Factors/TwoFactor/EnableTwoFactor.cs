using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Factors.TwoFactor;

public static class EnableTwoFactor
{
    public sealed record Request
    {
        /// <summary>What the app shows.</summary>
        public required string Code { get; init; }
    }

    /// <param name="RecoveryCodes">Ten, shown here and never again. Earlier ones don't work any more.</param>
    public sealed record Response(IReadOnlyList<string> RecoveryCodes);

    /// <summary>The session that enables it counts as one with two factors from its next tokens on.</summary>
    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser user, Authenticators authenticators, TwoFactorSessions sessions, SecurityNotices notices, AuditTrail audit,
        Database database, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        if (!Totp.TryParse(body.Code, out var code))
        {
            return ValidationErrors.Of("code", "Must be the six digits shown by the authenticator app.");
        }

        await using var work = await database.BeginAsync(cancellationToken);
        await SecondFactors.LockAsync(work, user.Id, cancellationToken);
        switch (await authenticators.EnableAsync(work, user.Id, code, cancellationToken))
        {
            case EnableOutcome.NotSetUp:
                return Problems.Conflict.Result("No authenticator app has been set up. Call /me/2fa/setup first.");
            case EnableOutcome.EnabledBefore:
                return Problems.Conflict.Result("An authenticator app is already enabled.");
            case EnableOutcome.WrongCode:
                return ValidationErrors.Of("code", "This code is wrong. Check that the phone's clock is set automatically.");
        }

        var codes = await RecoveryCodes.ReplaceAsync(work, user.Id, time.GetUtcNow(), cancellationToken);
        await sessions.RecordProofAsync(work, context, user.Id, AuthenticationMethods.OneTimeCode, cancellationToken);
        work.Publish(audit.Entry("twoFactor.enabled", "user", user.Id) with { WorkspaceId = null });
        await notices.RaiseAsync(work, user.Id, SecurityNoticeKinds.TwoFactorEnabled, cancellationToken: cancellationToken);
        await work.CommitAsync(cancellationToken);
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(new Response(codes));
    }
}
