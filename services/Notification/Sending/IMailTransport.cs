using LinkShort.Notification.Composing;

namespace LinkShort.Notification.Sending;

/// <summary>Takes mails out of the house: to a mail server, or to files. Any other exception than these two says that the way itself is blocked.</summary>
public interface IMailTransport
{
    /// <exception cref="MailRejectedException">This mail will never be taken.</exception>
    /// <exception cref="MailDeferredException">This mail may be taken later.</exception>
    Task SendAsync(MailMessage mail, CancellationToken cancellationToken);
}

public sealed class MailRejectedException(string reason) : Exception(reason);

public sealed class MailDeferredException(string reason) : Exception(reason);
