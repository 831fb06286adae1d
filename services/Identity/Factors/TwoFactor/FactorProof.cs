using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Factors.TwoFactor;

/// <summary>A request's code from the app, or its recovery code: exactly one of the two.</summary>
public sealed record FactorProof(string? Code, string? RecoveryCode)
{
    public static LocalizedText WrongCode => IdentityTexts.Of("factors.wrongCode");

    /// <summary>Its name in the request, for errors.</summary>
    public string Field => Code is not null ? "code" : "recoveryCode";

    /// <summary>Adds errors for an invalid form.</summary>
    public static FactorProof Parse(string? code, string? recoveryCode, ValidationErrors errors)
    {
        var digits = "";
        if (code is null == recoveryCode is null)
        {
            errors.Add("code", IdentityTexts.Of("factors.codeOrRecovery"));
        }
        else if (code is not null && !Totp.TryParse(code, out digits))
        {
            errors.Add("code", IdentityTexts.Of("factors.sixDigits"));
        }
        else if (recoveryCode is { Length: 0 or > 100 })
        {
            errors.Add("recoveryCode", IdentityTexts.Of("factors.recoveryCode"));
        }

        return new FactorProof(code is null ? null : digits, recoveryCode);
    }

    /// <summary>Codes must not be logged.</summary>
    public override string ToString() => $"({Field})";
}

/// <summary>Checks codes. Call <see cref="BeginAsync"/> before the transaction, <see cref="AcceptAsync"/> in it.</summary>
public sealed class FactorCheck(Authenticators authenticators, CodeAttempts attempts, SecurityNotices notices, AuditTrail audit, TimeProvider time)
{
    /// <summary>Counts the try.</summary>
    /// <returns>When the next code is accepted; null for now.</returns>
    public async Task<DateTimeOffset?> BeginAsync(FactorProof proof, Guid userId, CancellationToken cancellationToken)
    {
        return proof.Code is null ? null : await attempts.BeginAsync(userId, cancellationToken);
    }

    /// <summary>Uses the code up, if the transaction commits. The owner is notified of a used recovery code.</summary>
    public async Task<bool> AcceptAsync(UnitOfWork work, Guid userId, FactorProof proof, CancellationToken cancellationToken)
    {
        if (proof.Code is { } code)
        {
            if (!await authenticators.AcceptAsync(work, userId, code, cancellationToken))
            {
                return false;
            }

            await CodeAttempts.SucceedAsync(work, userId, cancellationToken);
            return true;
        }

        if (!await RecoveryCodes.UseAsync(work, userId, proof.RecoveryCode!, time.GetUtcNow(), cancellationToken))
        {
            return false;
        }

        work.Publish(audit.Entry("recoveryCode.used", "user", userId, actor: userId) with { WorkspaceId = null });
        await notices.RaiseAsync(work, userId, SecurityNoticeKinds.RecoveryCodeUsed, cancellationToken: cancellationToken);
        return true;
    }

    /// <summary>423, with <c>Retry-After</c>.</summary>
    public Microsoft.AspNetCore.Http.HttpResults.ProblemHttpResult Blocked(HttpContext context, DateTimeOffset until)
    {
        context.Response.Headers.RetryAfter =
            Math.Max(1, Math.Ceiling((until - time.GetUtcNow()).TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Problems.LockedOut.Result(IdentityTexts.Of("factors.tooManyCodes"));
    }
}
