using System.Security.Cryptography;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Privacy.Erasure;

/// <summary>
/// Erases accounts whose grace period has expired, one per transaction, so that replicas share the work and a restart repeats none of it.
/// The event is published with the same commit. An account that a restored backup contains again is erased again, as its receipt says.
/// </summary>
public sealed partial class AccountErasure(
    Database database, AccountDataErasure erasure, SecurityNotices notices, DeletionClock clock, SealedText sealing, IOptions<PrivacyOptions> options,
    TimeProvider time, ILogger<AccountErasure> logger)
    : BackgroundJob(What, time, logger)
{
    private const string What = "Erasing accounts that are due";

    private readonly FailedEntries<Guid> _failed = new(What, time, logger);

    protected override TimeSpan Interval => options.Value.JobInterval;

    protected override Task RunAsync(CancellationToken cancellationToken) => EraseDueAsync(cancellationToken);

    /// <summary>Erases every account that is due; while the clock is not trusted, only those that a restored backup brought back.</summary>
    public async Task EraseDueAsync(CancellationToken cancellationToken)
    {
        var isClockTrusted = await clock.IsTrustedAsync(cancellationToken);
        while (await EraseOneAsync(isClockTrusted, cancellationToken))
        {
        }

        if (!isClockTrusted)
        {
            return;
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(
            "delete from erasures where state in ('completed', 'cancelled') and requested_at < @Before",
            new { Before = Time.GetUtcNow() - options.Value.ReceiptRetention }, cancellationToken);
    }

    /// <returns>False when none is due, or other replicas are erasing those that are.</returns>
    private async Task<bool> EraseOneAsync(bool isClockTrusted, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var now = Time.GetUtcNow();
        var due = await work.QuerySingleOrDefaultAsync<Due>(
            """
            select id, user_id, sealed_receipt from erasures e
            where ((state = 'scheduled' and due_at <= @now and @isClockTrusted) or (erased_at is not null and exists (select from users u where u.id = e.user_id)))
                and id <> all(@Waiting)
            order by due_at limit 1 for update skip locked
            """,
            new { now, isClockTrusted, _failed.Waiting }, cancellationToken);
        if (due is null)
        {
            return false;
        }

        await _failed.TryAsync(due.Id, () => EraseAsync(work, due, now, cancellationToken), cancellationToken);
        return true;
    }

    private async Task EraseAsync(UnitOfWork work, Due due, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Sign-ins and changes of memberships wait for this transaction.
        await work.ExecuteAsync("select from users where id = @UserId for update", due, cancellationToken);
        // While the address is still known. Notification deletes this email once it is sent.
        await notices.RaiseAsync(
            work, due.UserId, SecurityNoticeKinds.AccountDeleted, ReceiptOf(due), cancellationToken: cancellationToken);
        var (workspaces, counts) = await erasure.EraseAsync(work, due.UserId, cancellationToken);
        await work.ExecuteAsync(
            """
            update erasures set state = 'erasing', erased_at = @now, completed_at = null, sealed_receipt = null where id = @Id;
            delete from erasure_reports where erasure_id = @Id;
            insert into erasure_reports (erasure_id, service, counts, completed_at) values (@Id, 'identity', @Counts::jsonb, @now)
            """,
            new { due.Id, now, Counts = JsonSerializer.Serialize(counts) }, cancellationToken);
        work.Publish(new UserErased(due.Id, due.UserId, workspaces, now));
        await work.CommitAsync(cancellationToken);
        Log.Erased(Logger, due.UserId);
    }

    /// <returns>Null when it can't be opened, because the internal key was changed. The erasure doesn't wait for that.</returns>
    private string? ReceiptOf(Due due)
    {
        try
        {
            return due.SealedReceipt is null ? null : sealing.Open(due.SealedReceipt, nameof(UserErased));
        }
        catch (CryptographicException exception)
        {
            Log.NoReceipt(Logger, due.Id, exception);
            return null;
        }
    }

    private sealed record Due(Guid Id, Guid UserId, string? SealedReceipt);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Account {UserId} was erased in identity; the other services were notified.")]
        public static partial void Erased(ILogger logger, Guid userId);

        [LoggerMessage(LogLevel.Warning, "The receipt of erasure {ErasureId} can't be opened, so the email is sent without it.")]
        public static partial void NoReceipt(ILogger logger, Guid erasureId, Exception exception);
    }
}
