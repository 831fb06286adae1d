using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Privacy.Erasure;

/// <summary>Deletions of accounts that are scheduled.</summary>
public sealed class Erasures(AuditTrail audit, SecurityNotices notices, TimeProvider time)
{
    /// <summary>Whoever signs in wants the account. Part of every sign-in's transaction.</summary>
    /// <returns>False when nothing was scheduled.</returns>
    public async Task<bool> CancelAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        var cancelled = await work.ExecuteAsync(
            "update erasures set state = 'cancelled', cancelled_at = @Now, sealed_receipt = null where user_id = @userId and state = 'scheduled'",
            new { userId, Now = time.GetUtcNow() }, cancellationToken);
        if (cancelled == 0)
        {
            return false;
        }

        work.Publish(audit.Entry("account.deletionCancelled", "user", userId, actor: userId) with { WorkspaceId = null });
        await notices.RaiseAsync(work, userId, SecurityNoticeKinds.AccountDeletionCancelled, cancellationToken: cancellationToken);
        return true;
    }
}
