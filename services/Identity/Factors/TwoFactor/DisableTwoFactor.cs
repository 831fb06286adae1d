using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Factors.TwoFactor;

public static class DisableTwoFactor
{
    /// <summary>Removes the app. Passkeys remain; without any, recovery codes and trusted devices are removed too.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        FactorConfirmation.Request body, CurrentUser user, FactorConfirmation confirmation, SecurityNotices notices, AuditTrail audit,
        HttpContext context, CancellationToken cancellationToken)
    {
        var (begun, refusal) = await confirmation.BeginAsync(body, user.Id, context, cancellationToken);
        if (refusal is not null)
        {
            return refusal;
        }

        await using var work = begun!;
        if (!await Authenticators.RemoveAsync(work, user.Id, cancellationToken))
        {
            return Problems.Conflict.Result(IdentityTexts.Of("factors.noApp"));
        }

        await SecondFactors.ForgetUnusedAsync(work, user.Id, cancellationToken);
        work.Publish(audit.Entry("twoFactor.disabled", "user", user.Id) with { WorkspaceId = null });
        await notices.RaiseAsync(work, user.Id, SecurityNoticeKinds.TwoFactorDisabled, cancellationToken: cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
