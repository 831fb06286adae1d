using Dapper;
using LinkShort.Notification.Composing;
using LinkShort.ServiceDefaults.Data;
using MimeKit;
using Npgsql;

namespace LinkShort.Notification.Sending;

/// <summary>
/// Sends what is queued, one mail per transaction: its row stays locked while it is sent, so replicas don't send it too, and a
/// crash gives it free at once. A crash between the server's acceptance and our commit sends it again under the same Message-ID.
/// </summary>
public sealed partial class MailSender(
    Database database, IMailTransport transport, Sender sender, NotificationMetrics metrics, TimeProvider time, ILogger<MailSender> logger) : BackgroundService
{
    /// <summary>A mail that a server keeps putting off is given up after this.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(3);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromHours(4);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = TimeSpan.Zero;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!await SendNextAsync(stoppingToken))
                {
                    await Task.Delay(PollInterval, time, stoppingToken);
                }

                pause = TimeSpan.Zero;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The way is blocked for all mails alike: they wait as they are, and go out soon after it is free.
                pause = TimeSpan.FromSeconds(Math.Clamp(pause.TotalSeconds * 2, 0.5, LongestPause.TotalSeconds));
                Log.Waiting(logger, exception, pause);
                await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<bool> SendNextAsync(CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var row = await work.Connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            """
            select id, kind, locale, recipient, recipient_name, subject, text_body, html_body, attempts, created_at
            from outgoing_mail
            where state = 'queued' and next_attempt_at <= @Now
            order by next_attempt_at
            limit 1
            for update skip locked
            """,
            new { Now = time.GetUtcNow() }, work.Transaction, cancellationToken: cancellationToken));
        if (row is null)
        {
            return false;
        }

        Exception? blocked = null;
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
            metrics.Sent(row.Kind, time.GetUtcNow() - row.CreatedAt);
        }
        catch (MailRejectedException exception)
        {
            await FinishAsync(work, row, "failed", exception.Message, cancellationToken);
            metrics.Failed(row.Kind);
            Log.GivenUp(logger, exception, row.Kind, row.Id);
        }
        catch (MailDeferredException exception) when (time.GetUtcNow() - row.CreatedAt > GiveUpAfter)
        {
            await FinishAsync(work, row, "failed", exception.Message, cancellationToken);
            metrics.Failed(row.Kind);
            Log.GivenUp(logger, exception, row.Kind, row.Id);
        }
        catch (MailDeferredException exception)
        {
            await DeferAsync(work, row, BackOff(row.Attempts), exception.Message, cancellationToken);
            metrics.Deferred(row.Kind);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or NpgsqlException) || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Recorded on the mail, for operators who look why it doesn't come, but not the mail's fault: no back-off of its own. It goes
            // behind the others that wait: if it is this mail after all that breaks the connection, they still go out.
            await DeferAsync(work, row, TimeSpan.Zero, exception.Message, cancellationToken);
            blocked = exception;
        }

        await work.CommitAsync(cancellationToken);
        return blocked is null ? true : throw new MailTransportException(blocked);
    }

    /// <summary>1, 2, 4 … minutes, at most four hours, as mail servers do it (RFC 5321, 4.5.4.1), with up to a fifth more so that they don't come together.</summary>
    private static TimeSpan BackOff(int attempts) =>
        TimeSpan.FromMinutes(Math.Min(Math.Pow(2, Math.Min(attempts, 20)), LongestBackOff.TotalMinutes) * (1 + (Random.Shared.NextDouble() / 5)));

    private Task<int> FinishAsync(UnitOfWork work, Row row, string state, string? error, CancellationToken cancellationToken) =>
        work.Connection.ExecuteAsync(new CommandDefinition(
            """
            update outgoing_mail
            set state = @state, attempts = attempts + 1, last_error = @error, text_body = null, html_body = null,
                sent_at = case when @state = 'sent' then @Now end
            where id = @Id
            """,
            new { state, error = Short(error), row.Id, Now = time.GetUtcNow() }, work.Transaction, cancellationToken: cancellationToken));

    private Task<int> DeferAsync(UnitOfWork work, Row row, TimeSpan wait, string error, CancellationToken cancellationToken) =>
        work.Connection.ExecuteAsync(new CommandDefinition(
            """
            update outgoing_mail
            set attempts = attempts + 1, last_error = @Error, next_attempt_at = greatest(next_attempt_at, @Next)
            where id = @Id
            """,
            new { Error = Short(error), row.Id, Next = time.GetUtcNow() + wait }, work.Transaction, cancellationToken: cancellationToken));

    private static string? Short(string? error)
    {
        var clean = error?.Replace("\0", "", StringComparison.Ordinal);
        return clean is { Length: > 500 } ? clean[..500] : clean;
    }

    private sealed record Row(
        Guid Id, string Kind, string Locale, string Recipient, string? RecipientName, string Subject, string? TextBody, string? HtmlBody, int Attempts, DateTimeOffset CreatedAt);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Mails can't be sent now; they stay queued. Trying again in {Pause}.")]
        public static partial void Waiting(ILogger logger, Exception exception, TimeSpan pause);

        [LoggerMessage(LogLevel.Warning, "The {Kind} mail {Id} was given up.")]
        public static partial void GivenUp(ILogger logger, Exception exception, string kind, Guid id);
    }
}

/// <summary>The mail server, or the folder, can't be used at the moment.</summary>
public sealed class MailTransportException(Exception inner) : Exception(inner.Message, inner);
