using LinkShort.Contracts;
using LinkShort.Identity.Notices;
using LinkShort.Identity.Login;
using LinkShort.ServiceDefaults.Auditing;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.TwoFactor;

public static class DisableTwoFactor
{
    public sealed record Request
    {
        public required string Password { get; init; }

        /// <summary>What the app shows; or else a recovery code.</summary>
        public string? Code { get; init; }

        /// <summary>For who doesn't have the app any more.</summary>
        public string? RecoveryCode { get; init; }
    }

    /// <summary>Forgets the app. Passkeys stay; without any, recovery codes and remembered devices go too.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser user, PasswordConfirmation passwords, FactorCheck factors, SecurityNotices notices, AuditTrail audit,
        Database database, HttpContext context, CancellationToken cancellationToken)
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

        if (!await Authenticators.RemoveAsync(work, user.Id, cancellationToken))
        {
            return Problems.Conflict.Result("No authenticator app is enabled.");
        }

        await SecondFactors.ForgetUnusedAsync(work, user.Id, cancellationToken);
        work.Publish(audit.Entry("twoFactor.disabled", "user", user.Id) with { WorkspaceId = null });
        await notices.RaiseAsync(work, user.Id, SecurityNoticeKinds.TwoFactorDisabled, cancellationToken: cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
