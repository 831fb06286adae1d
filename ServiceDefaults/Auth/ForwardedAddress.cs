using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>
/// An address as proxies write it: <c>192.0.2.1</c>, <c>192.0.2.1:4711</c>, <c>2001:db8::1</c>, <c>[2001:db8::1]</c>,
/// <c>[2001:db8::1]:4711</c>, each also in quotes (RFC 7239, 6).
/// </summary>
internal static class ForwardedAddress
{
    private static readonly SearchValues<char> V6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <returns>False for <c>unknown</c>, a proxy's own name (<c>_hidden</c>) and everything else that is no address.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        text = text.Trim();
        if (text is ['"', .. var inner, '"'])
        {
            text = inner.Trim();
        }

        if (text is ['[', ..])
        {
            var end = text.IndexOf(']');
            return end > 0 && IsPort(text[(end + 1)..]) && TryParseV6(text[1..end], out address);
        }

        var colon = text.IndexOf(':');
        if (colon < 0)
        {
            return TryParseV4(text, out address);
        }

        // An IPv6 address has two colons at least; with a port it needs brackets.
        return text[(colon + 1)..].Contains(':') ? TryParseV6(text, out address) : IsPort(text[colon..]) && TryParseV4(text[..colon], out address);
    }

    /// <summary>Nothing, a port, or the name that a proxy gives to it (RFC 7239, 6.3).</summary>
    private static bool IsPort(ReadOnlySpan<char> text) =>
        text.IsEmpty || (text is [':', .. var port] && (port is ['_', ..] || (port.Length is >= 1 and <= 5 && !port.ContainsAnyExceptInRange('0', '9'))));

    /// <summary>Four decimal numbers. <see cref="IPAddress"/> would also read 1, 0x7f.1 and 010.0.0.1, as others than the proxy may have meant.</summary>
    private static bool TryParseV4(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        var value = 0U;
        var rest = text;
        for (var part = 0; part < 4; part++)
        {
            var dot = rest.IndexOf('.');
            var number = dot < 0 ? rest : rest[..dot];
            if ((dot < 0) != (part == 3) || number.Length is 0 or > 3 || number is ['0', _, ..] || number.ContainsAnyExceptInRange('0', '9')
                || uint.Parse(number, System.Globalization.CultureInfo.InvariantCulture) is var octet && octet > byte.MaxValue)
            {
                return false;
            }

            value = (value << 8) | octet;
            rest = dot < 0 ? [] : rest[(dot + 1)..];
        }

        address = new IPAddress(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value));
        return true;
    }

    private static bool TryParseV6(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        // A zone (%eth0) means something on the proxy's machine only.
        var zone = text.IndexOf('%');
        text = zone < 0 ? text : text[..zone];
        address = null;
        if (text.ContainsAnyExcept(V6Characters) || !IPAddress.TryParse(text, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return false;
        }

        address = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
        return true;
    }
}
