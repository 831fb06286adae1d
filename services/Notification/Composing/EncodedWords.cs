using System.Text;

namespace LinkShort.Notification.Composing;

/// <summary>
/// RFC 2047 encoded words, each at most 75 characters and of whole characters, one per line. MimeKit writes words of up to 124 characters for
/// text without spaces, such as Chinese: see docs/adr/0034.
/// </summary>
internal static class EncodedWords
{
    /// <summary>Bytes per word: in base64 and with <c>=?utf-8?B??=</c> around it, 64 characters.</summary>
    private const int BytesPerWord = 39;

    /// <summary>What fits on the header's first line unencoded.</summary>
    private const int MaxPlain = 66;

    /// <summary>Encodes an unstructured header's value, such as a subject. Control characters become spaces.</summary>
    public static string Text(string text) =>
        text.Length <= MaxPlain && text.All(character => character is >= ' ' and < '\u007f') && !text.Contains("=?", StringComparison.Ordinal)
            ? text
            : Encode(text);

    /// <summary>Encodes the display name of an address.</summary>
    public static string Phrase(string name) =>
        name.Length <= MaxPlain / 2 && name.All(character => char.IsAsciiLetterOrDigit(character) || character == ' ') ? name : Encode(name);

    private static string Encode(string text)
    {
        var words = new List<string>();
        var word = new MemoryStream();
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            var length = (Rune.IsControl(rune) ? new Rune(' ') : rune).EncodeToUtf8(utf8);
            if (word.Length + length > BytesPerWord)
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
}
