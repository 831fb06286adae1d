using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using LinkShort.Links.Domain;

namespace LinkShort.Links.PageTitles;

/// <summary>The title of an HTML page: og:title, which sites write for being shared, or the element title.</summary>
internal static partial class HtmlTitle
{
    /// <summary>HTML, 13.2.3.2: the declaration is within the first 1024 bytes.</summary>
    private const int Prescanned = 1024;

    static HtmlTitle() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <param name="charset">Of the Content-Type field.</param>
    /// <returns>One line of at most <see cref="LinkInput.MaxTitle"/> characters; null for none.</returns>
    public static string? Of(ReadOnlyMemory<byte> page, string? charset)
    {
        // Comments and scripts may contain markup that isn't part of the page.
        var html = Hidden().Replace(Decode(page.Span, charset), "");
        return Meta().Matches(html).Select(meta => OpenGraphTitle(meta.Value)).FirstOrDefault(title => title is not null)
            ?? Line(Title().Match(html) is { Success: true } title ? title.Groups["text"].Value : null);
    }

    private static string? OpenGraphTitle(string meta)
    {
        var attributes = Attribute().Matches(meta)
            .Select(match => (Name: match.Groups["name"].Value, Value: match.Groups["value"].Value.Trim('"', '\'')))
            .DistinctBy(attribute => attribute.Name, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(attribute => attribute.Name, attribute => attribute.Value, StringComparer.OrdinalIgnoreCase);
        return (attributes.GetValueOrDefault("property") ?? attributes.GetValueOrDefault("name"))?.Trim().Equals("og:title", StringComparison.OrdinalIgnoreCase) == true
            ? Line(attributes.GetValueOrDefault("content"))
            : null;
    }

    /// <summary>Byte order mark, then the response's charset, then the page's, then UTF-8, and Windows-1252 for what isn't UTF-8 (HTML, 13.2.3.1).</summary>
    private static string Decode(ReadOnlySpan<byte> bytes, string? charset)
    {
        Encoding? marked = bytes switch
        {
            [0xEF, 0xBB, 0xBF, ..] => Encoding.UTF8,
            [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode,
            [0xFF, 0xFE, ..] => Encoding.Unicode,
            _ => null,
        };
        var encoding = marked ?? Find(charset)
            ?? (DeclaredCharset().Match(Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, Prescanned)])) is { Success: true } declared ? Find(declared.Groups["name"].Value) : null);
        if (encoding is not null)
        {
            return encoding.GetString(bytes).TrimStart('\uFEFF');
        }

        var text = Encoding.UTF8.GetString(bytes);
        // A character may be cut off at the end of what was read.
        return text.AsSpan(0, Math.Max(0, text.Length - 4)).Contains('\uFFFD') ? Encoding.GetEncoding(1252).GetString(bytes) : text;
    }

    private static Encoding? Find(string? name)
    {
        try
        {
            return string.IsNullOrWhiteSpace(name) ? null : Encoding.GetEncoding(name.Trim(' ', '"', '\''));
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    private static string? Line(string? markup)
    {
        if (markup is null)
        {
            return null;
        }

        var text = new StringBuilder();
        foreach (var rune in WebUtility.HtmlDecode(markup).EnumerateRunes())
        {
            // Also replaces lone surrogates and characters that reorder what follows.
            var isText = !Rune.IsControl(rune) && rune.Value != 0xFFFD && rune.Value is not (0xFFFE or (>= 0x200B and <= 0x200F) or (>= 0x202A and <= 0x202E) or (>= 0x2060 and <= 0x206F) or 0xFEFF);
            text.Append(isText || rune.Value is 0x200C or 0x200D ? rune.ToString() : " ");
        }

        var line = Spaces().Replace(text.ToString(), " ").Trim().Normalize(NormalizationForm.FormC);
        var runes = line.EnumerateRunes().ToList();
        return line.Length == 0 ? null
            : runes.Count <= LinkInput.MaxTitle ? line
            : string.Concat(runes.Take(LinkInput.MaxTitle - 1)).TrimEnd() + "…";
    }

    // Linear in the page's length, whatever it holds.
    private const RegexOptions Html = RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking;

    [GeneratedRegex("<!--.*?-->|<(script|style|svg)[ >].*?</(script|style|svg)>", Html)]
    private static partial Regex Hidden();

    [GeneratedRegex("<title[^>]*>(?<text>.*?)</title", Html)]
    private static partial Regex Title();

    [GeneratedRegex("""<meta[ \t\r\n](?:[^>"']|"[^"]*"|'[^']*')*>""", Html)]
    private static partial Regex Meta();

    [GeneratedRegex("""(?<name>[a-z:-]+)[ \t\r\n]*=[ \t\r\n]*(?<value>"[^"]*"|'[^']*'|[^ \t\r\n>"']+)""", Html)]
    private static partial Regex Attribute();

    [GeneratedRegex("""<meta[^>]*charset[ ]*=[ "']*(?<name>[A-Za-z0-9_.:-]+)""", Html)]
    private static partial Regex DeclaredCharset();

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Spaces();
}
