using LinkShort.Notification.Composing;
using Microsoft.Extensions.Options;
using MimeKit;

namespace LinkShort.Notification.Sending;

/// <summary>The sender of emails: <c>Smtp__From</c>, or an address at the public host if emails are written to files.</summary>
public sealed class Sender
{
    public Sender(IOptions<SmtpOptions> smtp, IOptions<NotificationOptions> options)
    {
        Address = MailAddresses.TryParse(smtp.Value.From, out var from)
            ? from
            : new MailboxAddress("LinkShort", "no-reply@" + PublicDomain(new Uri(options.Value.PublicUrl)));
    }

    public MailboxAddress Address { get; }

    /// <summary>IPv6 addresses need an address literal (RFC 5321, 4.1.3).</summary>
    private static string PublicDomain(Uri url) => url.HostNameType is UriHostNameType.IPv6 ? $"[IPv6:{url.IdnHost.Trim('[', ']')}]" : url.IdnHost;
}
