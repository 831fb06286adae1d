using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Privacy.Erasure;

/// <summary>Schedules and cancels deletions of accounts.</summary>
public sealed class Erasures(AuditTrail audit, SecurityNotices notices, SealedText sealing, IOptions<PrivacyOptions> options, TimeProvider time)
{
    /// <summary>Replaces a deletion that is already scheduled.</summary>
    public async Task<DeleteAccount.Scheduled> ScheduleAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var receipt = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var dueAt = now + options.Value.ErasureGrace;
        await work.ExecuteAsync(
            """
            update erasures set state = 'cancelled', cancelled_at = @now, sealed_receipt = null where user_id = @userId and state = 'scheduled';
            insert into erasures (id, user_id, receipt_hash, sealed_receipt, state, requested_at, due_at)
            values (@Id, @userId, @Hash, @Sealed, 'scheduled', @now, @dueAt)
            """,
            new { Id = Guid.CreateVersion7(now), userId, Hash = HashOf(receipt), Sealed = sealing.Seal(receipt, nameof(UserErased)), now, dueAt },
            cancellationToken);
        work.Publish(audit.Entry("account.deletionScheduled", "user", userId, after: new { dueAt }) with { WorkspaceId = null });
        await notices.RaiseAsync(
            work, userId, SecurityNoticeKinds.AccountDeletionScheduled, dueAt.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            cancellationToken: cancellationToken);
        return new DeleteAccount.Scheduled(receipt, dueAt);
    }

    /// <summary>Part of every sign-in's transaction: signing in cancels a scheduled deletion.</summary>
    /// <returns>False when none was scheduled.</returns>
    public async Task<bool> CancelAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
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

    internal static byte[] HashOf(string receipt) => SHA256.HashData(Encoding.UTF8.GetBytes(receipt));
}
