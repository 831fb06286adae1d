using LinkShort.Notification.Composing;
using Microsoft.Extensions.Options;

namespace LinkShort.Notification.Sending;

/// <summary>Who our mails are from: <c>Smtp__From</c>, or, where files stand in for a mail server, a name at the public host.</summary>
public sealed class Sender
{
    public Sender(IOptions<SmtpOptions> smtp, IOptions<NotificationOptions> options)
    {
        ArgumentNullException.ThrowIfNull(smtp);
        ArgumentNullException.ThrowIfNull(options);
        Address = MailboxAddress.TryParse(smtp.Value.From, out var from)
            ? from
            : new MailboxAddress("LinkShort", "no-reply@" + new Uri(options.Value.PublicUrl).IdnHost.Trim('[', ']'));
    }

    public MailboxAddress Address { get; }
}
