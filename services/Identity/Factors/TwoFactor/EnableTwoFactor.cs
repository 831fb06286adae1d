using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Factors.TwoFactor;

public static class EnableTwoFactor
{
    public sealed record Request
    {
        /// <summary>A code from the app.</summary>
        public required string Code { get; init; }
    }

    /// <param name="RecoveryCodes">Ten, shown only in this response. They replace all earlier ones.</param>
    public sealed record Response(IReadOnlyList<string> RecoveryCodes);

    /// <summary>The session that enables it counts as one with two factors from its next tokens on.</summary>
    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser user, Authenticators authenticators, FactorChanges changes, HttpContext context, CancellationToken cancellationToken)
    {
        if (!Totp.TryParse(body.Code, out var code))
        {
            return ValidationErrors.Of("code", IdentityTexts.Of("factors.sixDigits"));
        }

        await using var work = await changes.BeginAsync(user.Id, cancellationToken);
        switch (await authenticators.EnableAsync(work, user.Id, code, cancellationToken))
        {
            case EnableOutcome.NotSetUp:
                return Problems.Conflict.Result(IdentityTexts.Of("factors.appNotSetUp"));
            case EnableOutcome.EnabledBefore:
                return Problems.Conflict.Result(IdentityTexts.Of("factors.appEnabled"));
            case EnableOutcome.WrongCode:
                return ValidationErrors.Of("code", IdentityTexts.Of("factors.wrongFirstCode"));
        }

        var codes = await changes.ReplaceRecoveryCodesAsync(work, user.Id, cancellationToken);
        var app = new AddedFactor(AuthenticationMethods.OneTimeCode, "twoFactor.enabled", "user", user.Id, SecurityNoticeKinds.TwoFactorEnabled);
        await changes.CommitAsync(work, user.Id, app, context, cancellationToken);
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(new Response(codes));
    }
}
