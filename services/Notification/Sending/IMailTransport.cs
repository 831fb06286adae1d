using LinkShort.Notification.Composing;

namespace LinkShort.Notification.Sending;

/// <summary>Delivers emails to a mail server or to files. Any exception other than these three concerns the one email only.</summary>
public interface IMailTransport
{
    /// <exception cref="MailRejectedException">The email was rejected permanently.</exception>
    /// <exception cref="MailDeferredException">The email was rejected temporarily.</exception>
    /// <exception cref="MailTransportException">No email can be sent at the moment.</exception>
    Task SendAsync(MailMessage mail, CancellationToken cancellationToken);
}

public sealed class MailRejectedException(string reason) : Exception(reason);

public sealed class MailDeferredException(string reason) : Exception(reason);

/// <summary>The mail server or the folder is unavailable or misconfigured.</summary>
public sealed class MailTransportException(string reason, Exception inner) : Exception(reason, inner)
{
    /// <summary>The connection broke while the email was being sent, possibly because of this email.</summary>
    public bool IsDuringMail { get; init; }
}
