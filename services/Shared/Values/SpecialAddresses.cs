using System.Net;
using System.Net.Sockets;

namespace LinkShort.Values;

/// <summary>
/// IANA's special-purpose address registries (https://www.iana.org/assignments/iana-ipv4-special-registry,
/// …/iana-ipv6-special-registry), multicast included: addresses that are not publicly reachable.
/// </summary>
public static class SpecialAddresses
{
    private static readonly IPNetwork[] IPv4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
            "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        }.Select(network => IPNetwork.Parse(network)),
    ];

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>Inside global unicast: IETF protocol assignments (Teredo, ORCHID, benchmarking), documentation.</summary>
    private static readonly IPNetwork[] IPv6 =
        [.. new[] { "2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20" }.Select(network => IPNetwork.Parse(network))];

    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork Compatible = IPNetwork.Parse("::/96");

    public static bool IsPublic(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (EmbeddedIPv4(address) is { } embedded)
        {
            return IsPublic(embedded);
        }

        return address.AddressFamily == AddressFamily.InterNetwork
            ? !IPv4.Any(network => network.Contains(address))
            : address.ScopeId == 0 && GlobalUnicast.Contains(address) && !IPv6.Any(network => network.Contains(address));
    }

    /// <summary>The IPv4 address that a mapped, compatible, translated (RFC 6052) or 6to4 (RFC 3056) address stands for.</summary>
    public static IPAddress? EmbeddedIPv4(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }

        var bytes = address.GetAddressBytes();
        return address.IsIPv4MappedToIPv6 || Nat64.Contains(address) || Compatible.Contains(address) ? new IPAddress(bytes.AsSpan(12, 4))
            : SixToFour.Contains(address) ? new IPAddress(bytes.AsSpan(2, 4))
            : null;
    }
}
