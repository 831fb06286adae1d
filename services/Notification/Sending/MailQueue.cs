using Dapper;
using LinkShort.Notification.Composing;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Notification.Sending;

/// <summary>Mails to send, in <c>outgoing_mail</c>: they wait there through any outage of the mail server.</summary>
public sealed partial class MailQueue(TimeProvider time, NotificationMetrics metrics, ILogger<MailQueue> logger)
{
    private const int MaxRecipient = 320;

    /// <summary>Queues a mail as part of the transaction. A second one for the same reason changes nothing.</summary>
    /// <param name="reason">What it is sent for, e.g. <c>welcome:{user}</c>.</param>
    /// <param name="recipient">As somebody typed it. What is no address is recorded as failed: trying again would not help.</param>
    public async Task EnqueueAsync(
        UnitOfWork work, string kind, string reason, Guid userId, string locale, string recipient, string? recipientName, MailContent content,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(content);
        var valid = MailAddresses.TryParseBare(recipient, out var address);
        // One moment for both: lists are in the order of the ids.
        var now = time.GetUtcNow();
        var inserted = await work.ExecuteAsync(
            """
            insert into outgoing_mail
                (id, reason, kind, user_id, locale, recipient, recipient_name, subject, text_body, html_body, state, next_attempt_at, last_error, created_at)
            values (@Id, @reason, @kind, @userId, @locale, @Recipient, @recipientName, @Subject, @Text, @Html, @State, @Now, @Error, @Now)
            on conflict (reason) do nothing
            """,
            new
            {
                Id = Guid.CreateVersion7(now),
                reason,
                kind,
                userId,
                locale,
                Recipient = valid ? address.GetAddress(idnEncode: true) : Printable(recipient),
                recipientName,
                content.Subject,
                Text = valid ? content.Text : null,
                Html = valid ? content.Html : null,
                State = valid ? "queued" : "failed",
                Error = valid ? null : "Not a valid recipient address.",
                Now = now,
            },
            cancellationToken);
        if (!valid && inserted > 0)
        {
            metrics.Failed(kind);
            Log.NoAddress(logger, kind, userId);
        }
    }

    private static string Printable(string? text)
    {
        var printable = string.Concat((text ?? "").Where(character => !char.IsControl(character) && !char.IsSurrogate(character)));
        return printable.Length <= MaxRecipient ? printable : printable[..MaxRecipient];
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The {Kind} mail for user {UserId} has no address that mail can be sent to.")]
        public static partial void NoAddress(ILogger logger, string kind, Guid userId);
    }
}
