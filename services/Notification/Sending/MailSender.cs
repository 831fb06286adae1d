using LinkShort.Notification.Composing;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using MimeKit;
using Npgsql;

namespace LinkShort.Notification.Sending;

/// <summary>
/// Sends queued emails, one per transaction. The row stays locked while its email is sent, so that replicas skip it, and a
/// crash releases it immediately. After a crash between the server's acceptance and our commit, it is sent again with the same Message-ID.
/// </summary>
public sealed partial class MailSender(
    Database database, IMailTransport transport, Sender sender, NotificationMetrics metrics, TimeProvider time, ILogger<MailSender> logger)
    : BackgroundJob("Sending emails", time, logger)
{
    /// <summary>An email that is still deferred after this time has failed.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(3);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromHours(4);

    private TimeSpan _pause = PollInterval;

    protected override TimeSpan Interval => _pause;

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await SendNextAsync(cancellationToken))
            {
                _pause = PollInterval;
            }

            _pause = PollInterval;
        }
        catch (MailTransportException exception)
        {
            // The mail server is unavailable: emails stay queued, and are sent soon after it is back.
            _pause = TimeSpan.FromSeconds(Math.Min(_pause.TotalSeconds * 2, LongestPause.TotalSeconds));
            Log.Waiting(Logger, exception, _pause);
        }
    }

    private async Task<bool> SendNextAsync(CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var row = await work.QuerySingleOrDefaultAsync<Row>(
            """
            select id, kind, locale, recipient, recipient_name, subject, text_body, html_body, attempts, created_at
            from outgoing_mail
            where state = 'queued' and next_attempt_at <= @Now
            order by next_attempt_at
            limit 1
            for update skip locked
            """,
            new { Now = Time.GetUtcNow() }, cancellationToken);
        if (row is null)
        {
            return false;
        }

        MailTransportException? blocked = null;
        try
        {
            if (!MailAddresses.TryParseBare(row.Recipient, out var to))
            {
                throw new MailRejectedException("Not a valid recipient address.");
            }

            await transport.SendAsync(
                new MailMessage(
                    row.Id, sender.Address, new MailboxAddress(row.RecipientName, to.Address), row.Locale, row.CreatedAt, row.Subject, row.TextBody ?? "", row.HtmlBody ?? ""),
                cancellationToken);
            await FinishAsync(work, row, "sent", error: null, cancellationToken);
            metrics.Sent(row.Kind, Time.GetUtcNow() - row.CreatedAt);
        }
        catch (MailTransportException exception)
        {
            await NoteAsync(work, row, exception, cancellationToken);
            blocked = exception;
        }
        catch (Exception exception) when (
            exception is MailRejectedException || (IsOfTheMail(exception, cancellationToken) && Time.GetUtcNow() - row.CreatedAt > GiveUpAfter))
        {
            await FinishAsync(work, row, "failed", exception.Message, cancellationToken);
            metrics.Failed(row.Kind);
            Log.GivenUp(Logger, exception, row.Kind, row.Id);
        }
        catch (Exception exception) when (IsOfTheMail(exception, cancellationToken))
        {
            await DeferAsync(work, row, BackOff(row.Attempts), exception.Message, cancellationToken);
            metrics.Deferred(row.Kind);
            if (exception is not MailDeferredException)
            {
                Log.Failed(Logger, exception, row.Kind, row.Id);
            }
        }

        await work.CommitAsync(cancellationToken);
        return blocked is null ? true : throw blocked;
    }

    /// <summary>Excludes shutdown and failures of our own database. The email waits for its next attempt, and others are sent before it.</summary>
    private static bool IsOfTheMail(Exception exception, CancellationToken cancellationToken) =>
        exception is not NpgsqlException && !(exception is OperationCanceledException && cancellationToken.IsCancellationRequested);

    /// <summary>1, 2, 4 … minutes, at most four hours, as in mail servers (RFC 5321, 4.5.4.1), plus up to a fifth of jitter.</summary>
    private static TimeSpan BackOff(int attempts) =>
        TimeSpan.FromMinutes(Math.Min(Math.Pow(2, Math.Min(attempts, 20)), LongestBackOff.TotalMinutes) * (1 + (Random.Shared.NextDouble() / 5)));

    private Task<int> FinishAsync(UnitOfWork work, Row row, string state, string? error, CancellationToken cancellationToken) =>
        work.ExecuteAsync(
            """
            update outgoing_mail
            set state = @state, attempts = attempts + 1, last_error = @error, text_body = null, html_body = null,
                sent_at = case when @state = 'sent' then @Now end
            where id = @Id
            """,
            new { state, error = Short(error), row.Id, Now = Time.GetUtcNow() }, cancellationToken);

    private Task<int> DeferAsync(UnitOfWork work, Row row, TimeSpan wait, string error, CancellationToken cancellationToken) =>
        work.ExecuteAsync(
            """
            update outgoing_mail
            set attempts = attempts + 1, last_error = @Error, next_attempt_at = greatest(next_attempt_at, @Next)
            where id = @Id
            """,
            new { Error = Short(error), row.Id, Next = Time.GetUtcNow() + wait }, cancellationToken);

    /// <summary>
    /// Records the error for operators. It isn't the email's fault, so it is no attempt and the email stays due. If the connection broke while it
    /// was being sent, it moves behind the others that are due: an email that crashes the server must not block all others.
    /// </summary>
    private Task<int> NoteAsync(UnitOfWork work, Row row, MailTransportException exception, CancellationToken cancellationToken) =>
        work.ExecuteAsync(
            "update outgoing_mail set last_error = @Error, next_attempt_at = case when @IsDuringMail then @Now else next_attempt_at end where id = @Id",
            new { Error = Short(exception.Message), exception.IsDuringMail, row.Id, Now = Time.GetUtcNow() }, cancellationToken);

    private static string? Short(string? error)
    {
        var clean = error?.Replace("\0", "", StringComparison.Ordinal);
        return clean is { Length: > 500 } ? clean[..500] : clean;
    }

    private sealed record Row(
        Guid Id, string Kind, string Locale, string Recipient, string? RecipientName, string Subject, string? TextBody, string? HtmlBody, int Attempts, DateTimeOffset CreatedAt);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Emails can't be sent and stay queued. Retrying in {Pause}.")]
        public static partial void Waiting(ILogger logger, Exception exception, TimeSpan pause);

        [LoggerMessage(LogLevel.Error, "The {Kind} email {Id} can't be sent and will be retried.")]
        public static partial void Failed(ILogger logger, Exception exception, string kind, Guid id);

        [LoggerMessage(LogLevel.Warning, "The {Kind} email {Id} has failed permanently.")]
        public static partial void GivenUp(ILogger logger, Exception exception, string kind, Guid id);
    }
}
