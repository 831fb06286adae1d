using System.Globalization;
using System.Text;

namespace LinkShort.Redirect.Answers;

/// <summary>Percent-encodes characters of a URL as UTF-8 (RFC 3986, 2.5). Lone surrogates become U+FFFD.</summary>
internal static class PercentEncoding
{
    /// <param name="isKept">Whether a character stays as it is.</param>
    public static string Encode(string url, Func<Rune, bool> isKept)
    {
        var encoded = new StringBuilder(url.Length + 8);
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in url.EnumerateRunes())
        {
            if (isKept(rune))
            {
                encoded.Append(rune.ToString());
                continue;
            }

            foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
            {
                encoded.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
            }
        }

        return encoded.ToString();
    }
}
