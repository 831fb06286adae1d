using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.Identity.SignIn.Throttling;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.SignIn.Login;

/// <summary>Records lockouts, and notifies the account's owner of them.</summary>
public sealed class LockoutNotices(Database database, SecurityNotices notices, AuditTrail audit, TimeProvider time)
{
    /// <summary>An email about every lockout would let an attacker flood a mailbox.</summary>
    private static readonly TimeSpan NoticeInterval = TimeSpan.FromDays(1);

    public async Task NotifyOwnerAsync(Guid userId, ThrottleBlock block, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var work = await database.BeginAsync(cancellationToken);
        work.Publish(audit.Entry("signIn.lockedOut", "user", userId, after: new { block.Until }, actor: userId));
        var due = await work.ExecuteAsync(
            """
            insert into lockout_notices as n (user_id, told_at) values (@userId, @now)
            on conflict (user_id) do update set told_at = @now where n.told_at < @Before
            """,
            new { userId, now, Before = now - NoticeInterval }, cancellationToken);
        if (due > 0)
        {
            await notices.RaiseAsync(work, userId, SecurityNoticeKinds.LockedOut, cancellationToken: cancellationToken);
        }

        await work.CommitAsync(cancellationToken);
    }
}
