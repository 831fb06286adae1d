using System.Collections.Frozen;
using System.Net;
using Microsoft.Extensions.Options;

namespace LinkShort.Links.Domain;

/// <summary>Which destinations this installation accepts.</summary>
public sealed class DestinationPolicy
{
    private readonly FrozenSet<string> _ownHosts;

    public DestinationPolicy(IOptions<LinksOptions> options)
        : this(options?.Value ?? throw new ArgumentNullException(nameof(options)))
    {
    }

    internal DestinationPolicy(LinksOptions options)
    {
        AllowPrivate = options.AllowPrivateDestinations;
        _ownHosts = options.AllOwnHosts.Select(Canonical).ToFrozenSet(StringComparer.Ordinal);
    }

    public bool AllowPrivate { get; }

    /// <param name="host">As <see cref="Canonical(IPAddress)"/> or <see cref="TargetUrl.TryGetAsciiName"/> give it.</param>
    internal bool IsOwnHost(string host) => _ownHosts.Contains(host);

    /// <summary>One spelling per address: ::ffff:192.0.2.1 and 192.0.2.1 are the same machine.</summary>
    internal static string Canonical(IPAddress address) => (SpecialAddresses.EmbeddedIPv4(address) ?? address).ToString();

    private static string Canonical(string host) =>
        IPAddress.TryParse(host.Trim('[', ']'), out var address) ? Canonical(address)
        : TargetUrl.TryGetAsciiName(host, out var name) ? name
        : host.ToLowerInvariant();
}
