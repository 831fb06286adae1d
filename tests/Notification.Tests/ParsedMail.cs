using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace LinkShort.Notification.Tests;

/// <summary>Parses an email like an email client, and refuses what the RFCs forbid.</summary>
public sealed partial class ParsedMail
{
    private readonly List<(string Name, string Value)> _headers = [];

    public string Text { get; private init; } = "";

    public string Html { get; private init; } = "";

    public IEnumerable<string> HeaderNames => _headers.Select(header => header.Name);

    /// <summary>The only header of this name, unfolded and decoded.</summary>
    public string Header(string name) => _headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).ShouldHaveSingleItem(name).Value;

    public static ParsedMail Of(byte[] raw)
    {
        raw.ShouldAllBe(value => value < 128, "not ASCII");
        var message = Encoding.ASCII.GetString(raw);
        message.Replace("\r\n", "", StringComparison.Ordinal).ShouldNotContain('\n');
        message.Replace("\r\n", "", StringComparison.Ordinal).ShouldNotContain('\r');
        message.Split("\r\n").ShouldAllBe(line => line.Length <= 998);

        var (headers, body) = Split(message);
        var boundary = Boundary().Match(headers.Single(header => header.Name == "Content-Type").Value).Groups[1].Value;
        body.ShouldEndWith($"--{boundary}--\r\n");
        var parts = body.Split($"--{boundary}")[1..^1].Select(part => Split(part[2..])).ToArray();
        parts.Length.ShouldBe(2);
        var mail = new ParsedMail { Text = Decode(parts[0], "text/plain; charset=utf-8"), Html = Decode(parts[1], "text/html; charset=utf-8") };
        mail._headers.AddRange(headers.Select(header => (header.Name, DecodeWords(header.Value))));
        return mail;
    }

    private static (List<(string Name, string Value)> Headers, string Body) Split(string message)
    {
        var end = message.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var lines = message[..end].Split("\r\n");
        lines.ShouldAllBe(line => line.Length <= 78, "header lines should be folded");
        var headers = new List<(string Name, string Value)>();
        foreach (var line in lines)
        {
            if (line[0] is ' ' or '\t')
            {
                headers[^1] = (headers[^1].Name, headers[^1].Value + line);
            }
            else
            {
                var colon = line.IndexOf(": ", StringComparison.Ordinal);
                colon.ShouldBeGreaterThan(0, line);
                headers.Add((line[..colon], line[(colon + 2)..]));
            }
        }

        return (headers, message[(end + 4)..]);
    }

    private static string Decode((List<(string Name, string Value)> Headers, string Body) part, string type)
    {
        part.Headers.ShouldContain(("Content-Type", type));
        part.Headers.ShouldContain(("Content-Transfer-Encoding", "quoted-printable"));
        part.Body.Split("\r\n").ShouldAllBe(line => line.Length <= 76);
        var bytes = new List<byte>();
        var encoded = part.Body.Replace("=\r\n", "", StringComparison.Ordinal);
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] == '=')
            {
                bytes.Add(byte.Parse(encoded.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 2;
            }
            else
            {
                bytes.Add((byte)encoded[i]);
            }
        }

        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. bytes]).Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    private static string DecodeWords(string value)
    {
        // Space between encoded words is not part of the text (RFC 2047, 6.2).
        var joined = BetweenWords().Replace(value, "?==?");
        return Word().Replace(joined, match =>
        {
            match.Length.ShouldBeLessThanOrEqualTo(75);
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Convert.FromBase64String(match.Groups[1].Value));
        });
    }

    [GeneratedRegex("boundary=\"([^\"]+)\"")]
    private static partial Regex Boundary();

    [GeneratedRegex(@"\?=\s+=\?")]
    private static partial Regex BetweenWords();

    [GeneratedRegex(@"=\?utf-8\?B\?([A-Za-z0-9+/=]+)\?=")]
    private static partial Regex Word();
}
