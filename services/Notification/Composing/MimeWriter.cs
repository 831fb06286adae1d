using System.Globalization;
using System.Text;

namespace LinkShort.Notification.Composing;

/// <param name="Id">Makes the Message-ID and the boundary: the same mail sent again is the same to the receiver.</param>
public sealed record MailMessage(
    Guid Id, MailboxAddress From, MailboxAddress To, string Language, DateTimeOffset CreatedAt, string Subject, string Text, string Html);

/// <summary>Writes a mail as it travels: RFC 5322 headers, multipart/alternative (RFC 2046), everything in ASCII.</summary>
public static class MimeWriter
{
    private const int MaxLine = 76;

    public static byte[] Write(MailMessage mail)
    {
        ArgumentNullException.ThrowIfNull(mail);
        var boundary = $"=_{mail.Id:N}";
        var message = new StringBuilder();
        Header("Date", mail.CreatedAt.ToUniversalTime().ToString("ddd, dd MMM yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture));
        Header("From", Mailbox(mail.From));
        Header("To", Mailbox(mail.To));
        Header("Message-ID", $"<{mail.Id:N}@{mail.From.Domain}>");
        Header("Subject", EncodeWords(mail.Subject));
        Header("MIME-Version", "1.0");
        // RFC 3834: out-of-office replies don't answer it.
        Header("Auto-Submitted", "auto-generated");
        Header("Content-Language", mail.Language);
        Header("Content-Type", $"multipart/alternative;\r\n boundary=\"{boundary}\"");
        message.Append("\r\n");
        Part("text/plain", mail.Text);
        Part("text/html", mail.Html);
        message.Append("--").Append(boundary).Append("--\r\n");
        return Encoding.UTF8.GetBytes(message.ToString());

        void Header(string name, string value)
        {
            // Values are made of checked parts; this is the last line of defence against a header of somebody else's.
            if (value.Replace("\r\n ", "", StringComparison.Ordinal).Any(char.IsControl))
            {
                throw new ArgumentException($"The header {name} would hold a control character.");
            }

            message.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        void Part(string type, string content)
        {
            message.Append("--").Append(boundary).Append("\r\nContent-Type: ").Append(type)
                .Append("; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
                .Append(QuotedPrintable(content)).Append("\r\n");
        }
    }

    private static string Mailbox(MailboxAddress mailbox)
    {
        if (mailbox.Name is not { Length: > 0 } name)
        {
            return mailbox.Address;
        }

        var plain = name.Length <= MaxLine / 2 && name.All(character => char.IsAsciiLetterOrDigit(character) || character == ' ');
        return $"{(plain ? name : EncodeWords(name, always: true))}\r\n <{mailbox.Address}>";
    }

    /// <summary>RFC 2047 encoded words, each at most 75 characters and of whole characters, folded.</summary>
    internal static string EncodeWords(string text, bool always = false)
    {
        const int bytesPerWord = 39;
        if (!always && text.Length <= MaxLine - 10 && text.All(character => character is >= ' ' and < '\u007f') && !text.Contains("=?", StringComparison.Ordinal))
        {
            return text;
        }

        var words = new List<string>();
        var word = new MemoryStream();
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            var length = (Rune.IsControl(rune) ? new Rune(' ') : rune).EncodeToUtf8(utf8);
            if (word.Length + length > bytesPerWord)
            {
                Flush();
            }

            word.Write(utf8[..length]);
        }

        Flush();
        return string.Join("\r\n ", words);

        void Flush()
        {
            if (word.Length > 0)
            {
                words.Add($"=?utf-8?B?{Convert.ToBase64String(word.ToArray())}?=");
                word.SetLength(0);
            }
        }
    }

    /// <summary>RFC 2045, 6.7: lines of at most 76 characters, each ended by CR LF.</summary>
    internal static string QuotedPrintable(string text)
    {
        var result = new StringBuilder(text.Length * 2);
        var column = 0;
        var bytes = Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n"));
        for (var i = 0; i < bytes.Length; i++)
        {
            var value = bytes[i];
            if (value == '\n')
            {
                result.Append("\r\n");
                column = 0;
                continue;
            }

            var lastOfLine = i + 1 == bytes.Length || bytes[i + 1] == '\n';
            var literal = value is (>= 33 and <= 126 and not (byte)'=') || (value is (byte)' ' or (byte)'\t' && !lastOfLine);
            var width = literal ? 1 : 3;
            // One column is kept for the soft break.
            if (column + width > MaxLine - 1)
            {
                result.Append("=\r\n");
                column = 0;
            }

            if (literal)
            {
                result.Append((char)value);
            }
            else
            {
                result.Append('=').Append(value.ToString("X2", CultureInfo.InvariantCulture));
            }

            column += width;
        }

        return result.ToString();
    }
}
