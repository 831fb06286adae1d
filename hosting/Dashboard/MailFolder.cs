using System.Globalization;
using System.Text;
using LinkShort.Hosting.Engine;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace LinkShort.Hosting.Dashboard;

/// <summary>The <c>.eml</c> files that notification writes when no SMTP server is set, newest first.</summary>
internal sealed class MailFolder(EngineSettings settings)
{
    private const int MaxListed = 200;
    private const int MaxHeaderBytes = 64 * 1024;

    private string Folder => settings.Folder("mail");

    public IReadOnlyList<MailSummary> List()
    {
        var folder = new DirectoryInfo(Folder);
        if (!folder.Exists)
        {
            return [];
        }

        return [.. folder.EnumerateFiles("*.eml", SearchOption.AllDirectories)
            .OrderByDescending(file => file.LastWriteTimeUtc)
            .Take(MaxListed)
            .Select(file => Summarize(file))];
    }

    /// <returns>Null when there is no such mail, or no longer.</returns>
    public async Task<MailMessageView?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Folder, name);
        // A name from the list is a file name; anything with a way out of the folder is not.
        if (name.AsSpan().ContainsAny('/', '\\', '\0') || !name.EndsWith(".eml", StringComparison.Ordinal) || !File.Exists(path))
        {
            return null;
        }

        await using var file = File.OpenRead(path);
        using var content = new MemoryStream();
        await file.CopyToAsync(content, cancellationToken);
        var source = content.ToArray();
        var (headers, bodyAt) = MimeHeaders(source);
        var parts = new List<(string Type, string Text)>();
        await ReadPartsAsync(headers, source.AsMemory(bodyAt), parts, cancellationToken);
        return new MailMessageView(
            name,
            MimeText.DecodeWords(headers.GetValueOrDefault("From", "")),
            MimeText.DecodeWords(headers.GetValueOrDefault("To", "")),
            MimeText.DecodeWords(headers.GetValueOrDefault("Subject", "")),
            headers.GetValueOrDefault("Date", ""),
            parts.FirstOrDefault(part => part.Type == "text/plain").Text,
            parts.FirstOrDefault(part => part.Type == "text/html").Text);
    }

    private static MailSummary Summarize(FileInfo file)
    {
        using var stream = file.OpenRead();
        var start = new byte[Math.Min(file.Length, MaxHeaderBytes)];
        stream.ReadExactly(start);
        var (headers, _) = MimeHeaders(start);
        return new MailSummary(
            file.Name,
            file.LastWriteTimeUtc,
            MimeText.DecodeWords(headers.GetValueOrDefault("To", "")),
            MimeText.DecodeWords(headers.GetValueOrDefault("Subject", "")));
    }

    private static async Task ReadPartsAsync(Dictionary<string, string> headers, ReadOnlyMemory<byte> body, List<(string Type, string Text)> parts, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(headers.GetValueOrDefault("Content-Type", "text/plain"), out var type))
        {
            return;
        }

        if (type.Type.Equals("multipart", StringComparison.OrdinalIgnoreCase) && type.Boundary.HasValue)
        {
            var reader = new MultipartReader(HeaderUtilities.RemoveQuotes(type.Boundary).ToString(), new MemoryStream(body.ToArray()));
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                using var content = new MemoryStream();
                await section.Body.CopyToAsync(content, cancellationToken);
                var sectionHeaders = section.Headers?.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase) ?? [];
                await ReadPartsAsync(sectionHeaders, content.ToArray(), parts, cancellationToken);
            }

            return;
        }

        if (type.MediaType.Value is { } media && media.StartsWith("text/", StringComparison.OrdinalIgnoreCase))
        {
            var bytes = MimeText.DecodeTransfer(body.Span, headers.GetValueOrDefault("Content-Transfer-Encoding", "7bit"));
            parts.Add((media.ToLowerInvariant(), Encoding.UTF8.GetString(bytes)));
        }
    }

    private static (Dictionary<string, string> Headers, int BodyAt) MimeHeaders(ReadOnlySpan<byte> message)
    {
        var end = message.IndexOf("\r\n\r\n"u8);
        var (length, skip) = end >= 0 ? (end, 4) : message.IndexOf("\n\n"u8) is >= 0 and var unix ? (unix, 2) : (message.Length, 0);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        // A line that begins with white space goes on with the one before (RFC 5322, 2.2.3).
        var unfolded = Encoding.UTF8.GetString(message[..length]).Replace("\r\n", "\n", StringComparison.Ordinal)
            .Replace("\n ", " ", StringComparison.Ordinal).Replace("\n\t", " ", StringComparison.Ordinal);
        foreach (var line in unfolded.Split('\n'))
        {
            if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
            {
                headers.TryAdd(line[..colon], line[(colon + 1)..].Trim());
            }
        }

        return (headers, length + skip);
    }
}

internal sealed record MailSummary(string Name, DateTime At, string To, string Subject);

internal sealed record MailMessageView(string Name, string From, string To, string Subject, string Date, string? Text, string? Html);

/// <summary>The two encodings of text in mail: transfer encodings (RFC 2045, 6) and encoded words in headers (RFC 2047).</summary>
internal static class MimeText
{
    public static byte[] DecodeTransfer(ReadOnlySpan<byte> body, string encoding) => encoding.Trim().ToLowerInvariant() switch
    {
        "base64" => Convert.FromBase64String(Encoding.ASCII.GetString(body)),
        "quoted-printable" => DecodeQuotedPrintable(body, underscoreIsSpace: false),
        _ => body.ToArray(),
    };

    public static string DecodeWords(string header)
    {
        var text = new StringBuilder();
        var rest = header.AsSpan();
        while (rest.IndexOf("=?", StringComparison.Ordinal) is >= 0 and var start)
        {
            var word = rest[(start + 2)..].ToString().Split('?', 4);
            if (word is not [var charset, "B" or "b" or "Q" or "q", var encoded, ['=', ..]])
            {
                break;
            }

            // White space between two encoded words is not part of the text.
            if (text.Length == 0 || !rest[..start].IsWhiteSpace())
            {
                text.Append(rest[..start]);
            }

            var bytes = word[1] is "B" or "b"
                ? Convert.FromBase64String(encoded)
                : DecodeQuotedPrintable(Encoding.ASCII.GetBytes(encoded), underscoreIsSpace: true);
            text.Append((charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) ? Encoding.UTF8 : Encoding.Latin1).GetString(bytes));
            rest = rest[(start + 2 + charset.Length + 1 + 1 + 1 + encoded.Length + 2)..];
        }

        return text.Append(rest).ToString();
    }

    private static byte[] DecodeQuotedPrintable(ReadOnlySpan<byte> body, bool underscoreIsSpace)
    {
        var decoded = new List<byte>(body.Length);
        for (var i = 0; i < body.Length; i++)
        {
            if (body[i] != '=')
            {
                decoded.Add(underscoreIsSpace && body[i] == '_' ? (byte)' ' : body[i]);
            }
            else if (i + 2 < body.Length && byte.TryParse(body.Slice(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value))
            {
                decoded.Add(value);
                i += 2;
            }
            else
            {
                // A soft line break: "=" and the line's end vanish.
                i += i + 1 < body.Length && body[i + 1] == '\r' ? 2 : 1;
            }
        }

        return [.. decoded];
    }
}
