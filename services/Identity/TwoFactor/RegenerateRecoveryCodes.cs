using LinkShort.Contracts;
using LinkShort.Identity.Notices;
using LinkShort.Identity.Login;
using LinkShort.Identity.Sessions;
using LinkShort.ServiceDefaults.Auditing;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.TwoFactor;

public static class RegenerateRecoveryCodes
{
    public sealed record Request
    {
        public required string Password { get; init; }

        /// <summary>What the app shows; or else a recovery code.</summary>
        public string? Code { get; init; }

        public string? RecoveryCode { get; init; }
    }

    /// <param name="RecoveryCodes">Ten, shown here and never again. Earlier ones don't work any more.</param>
    public sealed record Response(IReadOnlyList<string> RecoveryCodes);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser user, PasswordConfirmation passwords, FactorCheck factors, SecurityNotices notices, AuditTrail audit,
        Database database, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var proof = FactorProof.Parse(body.Code, body.RecoveryCode, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        if (await passwords.CheckAsync(user.Id, body.Password, context, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        if (await factors.BeginAsync(proof, user.Id, cancellationToken) is { } until)
        {
            return factors.Blocked(context, until);
        }

        await using var work = await database.BeginAsync(cancellationToken);
        await SecondFactors.LockAsync(work, user.Id, cancellationToken);
        if (!await factors.AcceptAsync(work, user.Id, proof, cancellationToken))
        {
            return ValidationErrors.Of(proof.Field, FactorProof.WrongCode);
        }

        var codes = await RecoveryCodes.ReplaceAsync(work, user.Id, time.GetUtcNow(), cancellationToken);
        work.Publish(audit.Entry("recoveryCodes.regenerated", "user", user.Id) with { WorkspaceId = null });
        await notices.RaiseAsync(work, user.Id, SecurityNoticeKinds.RecoveryCodesRegenerated, cancellationToken: cancellationToken);
        await work.CommitAsync(cancellationToken);
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(new Response(codes));
    }
}
