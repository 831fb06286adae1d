using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Factors.TwoFactor;

public static class RegenerateRecoveryCodes
{
    /// <param name="RecoveryCodes">Ten, shown only in this response. They replace all earlier ones.</param>
    public sealed record Response(IReadOnlyList<string> RecoveryCodes);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        FactorConfirmation.Request body, CurrentUser user, FactorConfirmation confirmation, SecurityNotices notices, AuditTrail audit,
        TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        var (begun, refusal) = await confirmation.BeginAsync(body, user.Id, context, cancellationToken);
        if (refusal is not null)
        {
            return refusal;
        }

        await using var work = begun!;
        var codes = await RecoveryCodes.ReplaceAsync(work, user.Id, time.GetUtcNow(), cancellationToken);
        work.Publish(audit.Entry("recoveryCodes.regenerated", "user", user.Id) with { WorkspaceId = null });
        await notices.RaiseAsync(work, user.Id, SecurityNoticeKinds.RecoveryCodesRegenerated, cancellationToken: cancellationToken);
        await work.CommitAsync(cancellationToken);
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(new Response(codes));
    }
}
