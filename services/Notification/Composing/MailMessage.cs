using System.Text;
using MimeKit;
using MimeKit.Encodings;

namespace LinkShort.Notification.Composing;

/// <param name="Id">Determines Message-ID and boundary: a mail that is sent twice is the same to the receiver.</param>
public sealed record MailMessage(
    Guid Id, MailboxAddress From, MailboxAddress To, string Language, DateTimeOffset CreatedAt, string Subject, string Text, string Html)
{
    /// <summary>RFC 2045 allows 76 characters; MimeKit's encoder exceeds its limit by one if an escape ends the line.</summary>
    private const int MaxTextLine = 74;

    /// <summary>CRLF line ends, and ASCII only unless <see cref="NeedsUtf8"/> (RFC 6532).</summary>
    public FormatOptions Format
    {
        get
        {
            var format = FormatOptions.Default.Clone();
            format.NewLineFormat = NewLineFormat.Dos;
            format.International = NeedsUtf8;
            return format;
        }
    }

    /// <summary>Unlike domains, local parts have no ASCII form.</summary>
    public bool NeedsUtf8 => !Ascii.IsValid(From.LocalPart) || !Ascii.IsValid(To.LocalPart);

    /// <summary>Text and HTML as multipart/alternative (RFC 2046).</summary>
    public MimeMessage ToMime()
    {
        var sender = From.GetAddress(idnEncode: true);
        var message = new MimeMessage();
        // Replaces MimeKit's default headers, so that the order is fixed.
        message.Headers.Clear();
        message.Date = CreatedAt.ToUniversalTime();
        message.Headers.Add(Folded("From", Mailbox(From)));
        message.Headers.Add(Folded("To", Mailbox(To)));
        message.Headers.Add("Message-ID", $"<{Id:N}@{sender[(sender.LastIndexOf('@') + 1)..]}>");
        message.Headers.Add(Folded("Subject", EncodedWords.Text(Subject)));
        message.MimeVersion = new Version(1, 0);
        // RFC 3834: prevents out-of-office replies.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        message.Headers.Add(HeaderId.ContentLanguage, Language);
        message.Body = new MultipartAlternative(Part("plain", Text), Part("html", Html)) { Boundary = $"=_{Id:N}" };
        return message;
    }

    private static string Mailbox(MailboxAddress mailbox)
    {
        var address = mailbox.GetAddress(idnEncode: true);
        return string.IsNullOrEmpty(mailbox.Name) ? address : $"{EncodedWords.Phrase(mailbox.Name)}\r\n <{address}>";
    }

    /// <param name="value">Already folded into lines.</param>
    private static Header Folded(string name, string value)
    {
        var header = new Header(Encoding.UTF8, name, "");
        header.SetRawValue(Encoding.UTF8.GetBytes($" {value}\r\n"));
        return header;
    }

    /// <summary>Always ASCII, so that servers needn't support 8BITMIME.</summary>
    private static TextPart Part(string subtype, string content)
    {
        var text = Encoding.UTF8.GetBytes(content.ReplaceLineEndings("\n"));
        var encoder = new QuotedPrintableEncoder(MaxTextLine);
        var encoded = new byte[encoder.EstimateOutputLength(text.Length)];
        var length = encoder.Flush(text, 0, text.Length, encoded);
        var part = new TextPart(subtype)
        {
            ContentTransferEncoding = ContentEncoding.QuotedPrintable,
            Content = new MimeContent(new MemoryStream(encoded, 0, length), ContentEncoding.QuotedPrintable),
        };
        part.ContentType.Charset = "utf-8";
        return part;
    }
}
