using LinkShort.Identity.SignIn.Notices;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Factors.TwoFactor;

/// <summary>What every new factor comes with: the lock, recovery codes, the session's proof, the audit entry and the notice.</summary>
public sealed class FactorChanges(TwoFactorSessions sessions, SecurityNotices notices, AuditTrail audit, Database database, TimeProvider time)
{
    /// <returns>A transaction that holds the user's factors.</returns>
    public async Task<UnitOfWork> BeginAsync(Guid userId, CancellationToken cancellationToken)
    {
        var work = await database.BeginAsync(cancellationToken);
        try
        {
            await SecondFactors.LockAsync(work, userId, cancellationToken);
            return work;
        }
        catch
        {
            await work.DisposeAsync();
            throw;
        }
    }

    public Task<IReadOnlyList<string>> ReplaceRecoveryCodesAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken) =>
        RecoveryCodes.ReplaceAsync(work, userId, time.GetUtcNow(), cancellationToken);

    /// <summary>Records a factor that the current session has just used for the first time, and commits.</summary>
    public async Task CommitAsync(UnitOfWork work, Guid userId, AddedFactor factor, HttpContext context, CancellationToken cancellationToken)
    {
        await sessions.RecordProofAsync(work, context, userId, factor.Method, cancellationToken);
        work.Publish(audit.Entry(factor.Action, factor.TargetType, factor.TargetId, after: factor.Name is { } name ? new { name } : null)
            with { WorkspaceId = null });
        await notices.RaiseAsync(work, userId, factor.NoticeKind, factor.Name, cancellationToken: cancellationToken);
        await work.CommitAsync(cancellationToken);
    }
}

/// <param name="Method">Of <see cref="SignIn.Sessions.AuthenticationMethods"/>.</param>
/// <param name="Action">For the audit log, with its target.</param>
/// <param name="Name">The user's name for it; null for none.</param>
public sealed record AddedFactor(string Method, string Action, string TargetType, Guid TargetId, string NoticeKind, string? Name = null);
