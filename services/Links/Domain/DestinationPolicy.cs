using System.Collections.Frozen;
using System.Net;
using LinkShort.Blocklist;
using LinkShort.Links.Safety;
using LinkShort.Localization;
using LinkShort.Values;
using Microsoft.Extensions.Options;

namespace LinkShort.Links.Domain;

/// <summary>Which destinations this installation accepts.</summary>
public sealed class DestinationPolicy
{
    private readonly FrozenSet<string> _ownHosts;

    private readonly CurrentBlocklist? _blocklist;
    private readonly SuspendedTargets? _suspended;

    public DestinationPolicy(IOptions<LinksOptions> options, CurrentBlocklist blocklist, SuspendedTargets suspended)
        : this(options?.Value ?? throw new ArgumentNullException(nameof(options)))
    {
        _blocklist = blocklist;
        _suspended = suspended;
    }

    internal DestinationPolicy(LinksOptions options)
    {
        AllowPrivate = options.AllowPrivateDestinations;
        _ownHosts = options.AllOwnHosts.Select(Canonical).ToFrozenSet(StringComparer.Ordinal);
    }

    public bool AllowPrivate { get; }

    /// <param name="host">As returned by <see cref="Canonical(IPAddress)"/> or <see cref="TargetUrl.TryGetAsciiName"/>.</param>
    internal bool IsOwnHost(string host) => _ownHosts.Contains(host);

    /// <summary>Why a well-formed URL is refused (its host is suspended, or it is on the block list); null if it isn't.</summary>
    internal LocalizedText? Objection(string address)
    {
        if (_blocklist is null || _suspended is null || !CanonicalUrl.TryParse(address, out var url))
        {
            return null;
        }

        return _suspended.HasHost(url) ? LinksTexts.Of("destinations.suspended")
            : _blocklist.Urls.Contains(url) ? LinksTexts.Of("destinations.blocked")
            : null;
    }

    /// <summary>One spelling per address: ::ffff:192.0.2.1 is 192.0.2.1.</summary>
    internal static string Canonical(IPAddress address) => (SpecialAddresses.EmbeddedIPv4(address) ?? address).ToString();

    private static string Canonical(string host) =>
        IPAddress.TryParse(host.Trim('[', ']'), out var address) ? Canonical(address)
        : TargetUrl.TryGetAsciiName(host, out var name) ? name
        : host.ToLowerInvariant();
}
