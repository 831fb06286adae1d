using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace LinkShort.Values;

/// <summary>The network around an address, as text: <c>203.0.113.0/24</c>. IPv4-mapped IPv6 addresses count as IPv4.</summary>
public static class NetworkPrefix
{
    /// <summary>IPv4 /24, IPv6 /48: enough to recognise another location, too coarse to identify a user.</summary>
    [return: NotNullIfNotNull(nameof(address))]
    public static string? Coarse(IPAddress? address) => Of(address, 24, 48);

    /// <summary>IPv4 /32, IPv6 /64: one household or host, which controls all addresses of its /64.</summary>
    [return: NotNullIfNotNull(nameof(address))]
    public static string? Fine(IPAddress? address) => Of(address, 32, 64);

    [return: NotNullIfNotNull(nameof(address))]
    private static string? Of(IPAddress? address, int v4, int v6)
    {
        if (address is null)
        {
            return null;
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        var bytes = plain.GetAddressBytes();
        var bits = bytes.Length == 4 ? v4 : v6;
        bytes.AsSpan(bits / 8).Clear();
        return $"{new IPAddress(bytes)}/{bits}";
    }
}
