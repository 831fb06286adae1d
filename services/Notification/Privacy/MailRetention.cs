using LinkShort.Contracts;
using LinkShort.Notification.Sending;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.Extensions.Options;

namespace LinkShort.Notification.Privacy;

/// <summary>
/// Deletes sent and failed emails after the retention period, and those of erased users as soon as they are no longer queued. Emails
/// that were written to files are deleted with their file.
/// </summary>
public sealed class MailRetention(
    Database database, IMailTransport transport, DeletionClock clock, IOptions<NotificationOptions> options, TimeProvider time, ILogger<MailRetention> logger)
    : BackgroundJob("Deleting old emails", time, logger), IErasureStep
{
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(30);

    private const int MailsAtOnce = 1_000;

    public async Task<IReadOnlyList<ErasedRows>> EraseAsync(UnitOfWork work, Forgotten forgotten, CancellationToken cancellationToken)
    {
        if (forgotten.UserId is not { } userId)
        {
            return [];
        }

        await work.ExecuteAsync(
            "insert into erased_people (user_id, erased_at) values (@userId, @Now) on conflict (user_id) do nothing",
            new { userId, Now = Time.GetUtcNow() }, cancellationToken);
        var mails = await work.QueryAsync<Mail>(
            "delete from outgoing_mail where user_id = @userId and state <> 'queued' returning id, created_at",
            new { userId }, cancellationToken);
        DeleteFiles(mails);
        return [new ErasedRows("outgoing_mail", mails.Count)];
    }

    /// <summary>Deletes a batch: emails of erased users, and expired ones if the clock is trusted.</summary>
    /// <returns>The number of emails deleted.</returns>
    public async Task<int> PurgeAsync(CancellationToken cancellationToken)
    {
        var isClockTrusted = await clock.IsTrustedAsync(cancellationToken);
        var now = Time.GetUtcNow();
        await using var work = await database.BeginAsync(cancellationToken);
        var mails = await work.QueryAsync<Mail>(
            """
            delete from outgoing_mail where id in (
                select m.id from outgoing_mail m
                where m.state <> 'queued' and (m.created_at < @Before and @isClockTrusted or m.user_id in (select user_id from erased_people))
                limit @MailsAtOnce for update skip locked)
            returning id, created_at
            """,
            new { Before = now - options.Value.MailRetention, isClockTrusted, MailsAtOnce }, cancellationToken);
        await work.ExecuteAsync(
            """
            delete from erased_people e where e.erased_at < @Before and @isClockTrusted
                and not exists (select from outgoing_mail m where m.user_id = e.user_id)
            """,
            new { Before = now - Remembered, isClockTrusted }, cancellationToken);
        // Files first: without its row, a file would never be deleted.
        DeleteFiles(mails);
        await work.CommitAsync(cancellationToken);
        return mails.Count;
    }

    protected override TimeSpan Interval => TimeSpan.FromMinutes(1);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await PurgeAsync(cancellationToken) == MailsAtOnce)
        {
        }
    }

    private void DeleteFiles(IEnumerable<Mail> mails)
    {
        if (transport is FileTransport files)
        {
            foreach (var mail in mails)
            {
                files.Delete(mail.Id, mail.CreatedAt);
            }
        }
    }

    private sealed record Mail(Guid Id, DateTimeOffset CreatedAt);
}
