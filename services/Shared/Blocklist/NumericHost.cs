using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace LinkShort.Blocklist;

/// <summary>
/// IPv4 addresses as browsers parse them: one to four parts, each decimal, octal (<c>0177</c>) or hexadecimal (<c>0x7f</c>); the last
/// part fills the remaining bytes. https://url.spec.whatwg.org/#concept-ipv4-parser
/// </summary>
public static class NumericHost
{
    /// <summary>Whether the host can only be an IPv4 address, because no top-level domain is a number.</summary>
    public static bool EndsInNumber(string name)
    {
        var last = name[(name.LastIndexOf('.') + 1)..];
        return last.All(char.IsAsciiDigit) || (last.StartsWith("0x", StringComparison.Ordinal) && last[2..].All(char.IsAsciiHexDigit));
    }

    public static bool TryParse(string name, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        var parts = name.Split('.');
        if (parts.Length > 4)
        {
            return false;
        }

        ulong value = 0;
        for (var i = 0; i < parts.Length; i++)
        {
            var isLast = i == parts.Length - 1;
            var room = isLast ? 1UL << (8 * (5 - parts.Length)) : 256UL;
            if (!TryParsePart(parts[i], out var part) || part >= room)
            {
                return false;
            }

            value = isLast ? (value << (8 * (5 - parts.Length))) | part : (value << 8) | part;
        }

        address = new IPAddress([(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value]);
        return true;
    }

    private static bool TryParsePart(string text, out ulong part)
    {
        part = 0;
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return text.Length == 2 || ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out part);
        }

        if (text.Length > 1 && text[0] == '0')
        {
            foreach (var digit in text)
            {
                if (digit is < '0' or > '7' || part > uint.MaxValue)
                {
                    return false;
                }

                part = (part * 8) + (ulong)(digit - '0');
            }

            return true;
        }

        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out part);
    }
}
