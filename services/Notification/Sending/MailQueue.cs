using LinkShort.Notification.Composing;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Notification.Sending;

/// <summary>An email to send.</summary>
/// <param name="Reason">Identifies what it is sent for, e.g. <c>welcome:{user}</c>.</param>
/// <param name="Recipient">As entered by the user. An invalid address is stored as failed, because retries can't succeed.</param>
public sealed record OutgoingMail(string Kind, string Reason, Guid UserId, string Locale, string Recipient, string? RecipientName, MailContent Content);

/// <summary>Queues emails in the table <c>outgoing_mail</c>, where they wait through any outage of the mail server.</summary>
public sealed partial class MailQueue(TimeProvider time, NotificationMetrics metrics, ILogger<MailQueue> logger)
{
    private const int MaxRecipient = 320;

    /// <summary>Queues an email as part of the transaction. A second one with the same reason is ignored.</summary>
    public async Task EnqueueAsync(UnitOfWork work, OutgoingMail mail, CancellationToken cancellationToken)
    {
        var valid = MailAddresses.TryParseBare(mail.Recipient, out var address);
        // One clock reading for both: lists are ordered by id.
        var now = time.GetUtcNow();
        var inserted = await work.ExecuteAsync(
            """
            insert into outgoing_mail
                (id, reason, kind, user_id, locale, recipient, recipient_name, subject, text_body, html_body, state, next_attempt_at, last_error, created_at)
            values (@Id, @Reason, @Kind, @UserId, @Locale, @Recipient, @RecipientName, @Subject, @Text, @Html, @State, @Now, @Error, @Now)
            on conflict (reason) do nothing
            """,
            new
            {
                Id = Guid.CreateVersion7(now),
                mail.Reason,
                mail.Kind,
                mail.UserId,
                mail.Locale,
                Recipient = valid ? address.GetAddress(idnEncode: true) : Printable(mail.Recipient),
                mail.RecipientName,
                mail.Content.Subject,
                Text = valid ? mail.Content.Text : null,
                Html = valid ? mail.Content.Html : null,
                State = valid ? "queued" : "failed",
                Error = valid ? null : "Not a valid recipient address.",
                Now = now,
            },
            cancellationToken);
        if (!valid && inserted > 0)
        {
            metrics.Failed(mail.Kind);
            Log.NoAddress(logger, mail.Kind, mail.UserId);
        }
    }

    private static string Printable(string? text)
    {
        var printable = string.Concat((text ?? "").Where(character => !char.IsControl(character) && !char.IsSurrogate(character)));
        return printable.Length <= MaxRecipient ? printable : printable[..MaxRecipient];
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The {Kind} email for user {UserId} has no valid recipient address.")]
        public static partial void NoAddress(ILogger logger, string kind, Guid userId);
    }
}
