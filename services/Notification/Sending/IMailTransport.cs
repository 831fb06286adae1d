using LinkShort.Notification.Composing;

namespace LinkShort.Notification.Sending;

/// <summary>Takes mails out of the house: to a mail server, or to files. Any other exception than these three is about this mail alone.</summary>
public interface IMailTransport
{
    /// <exception cref="MailRejectedException">This mail will never be taken.</exception>
    /// <exception cref="MailDeferredException">This mail may be taken later.</exception>
    /// <exception cref="MailTransportException">No mail can be sent now.</exception>
    Task SendAsync(MailMessage mail, CancellationToken cancellationToken);
}

public sealed class MailRejectedException(string reason) : Exception(reason);

public sealed class MailDeferredException(string reason) : Exception(reason);

/// <summary>The mail server, or the folder, can't be used at the moment, or as it is configured here.</summary>
public sealed class MailTransportException(string reason, Exception inner) : Exception(reason, inner)
{
    /// <summary>The connection broke while the mail was being sent: perhaps because of this mail.</summary>
    public bool IsDuringMail { get; init; }
}
