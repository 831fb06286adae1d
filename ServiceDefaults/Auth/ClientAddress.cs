using System.Buffers;
using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>The proxies whose <c>X-Forwarded-*</c> or <c>Forwarded</c> headers are trusted, in addition to our own gateway.</summary>
public sealed class ForwardedHeadersSettings : IValidatableObject
{
    public const string Section = "ForwardedHeaders";

    /// <summary>CIDRs, separated by commas or spaces. None by default: otherwise any client could claim any address.</summary>
    public string KnownNetworks { get; set; } = "";

    /// <summary>
    /// What the proxies write: <c>X-Forwarded-For</c> (with X-Forwarded-Proto and -Host) or <c>Forwarded</c> (RFC 7239). With the default,
    /// <c>Forwarded</c> is read where there is no <c>X-Forwarded-For</c>.
    /// </summary>
    public string Header { get; set; } = ForwardedFor;

    internal const string ForwardedFor = "X-Forwarded-For";
    internal const string Forwarded = "Forwarded";

    internal bool IsStandard => Header.Equals(Forwarded, StringComparison.OrdinalIgnoreCase);

    public IReadOnlyList<IPNetwork> Networks => [.. Parts().Select(IPNetwork.Parse)];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsStandard && !Header.Equals(ForwardedFor, StringComparison.OrdinalIgnoreCase))
        {
            yield return new ValidationResult($"'{Header}' is not a header that is read. Set it to {ForwardedFor} or {Forwarded}.", [nameof(Header)]);
        }

        foreach (var part in Parts().Where(part => !IPNetwork.TryParse(part, out _)))
        {
            yield return new ValidationResult(
                $"'{part}' is not a network. Write CIDRs like 10.0.0.0/8 or fd00::/8, separated by commas.", [nameof(KnownNetworks)]);
        }
    }

    private string[] Parts() => KnownNetworks.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries);
}

public static class ClientAddressExtensions
{
    internal static void AddClientAddress(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<ForwardedHeadersSettings>(ForwardedHeadersSettings.Section);
        builder.Services.AddSingleton<ClientAddress>();
    }

    /// <summary>See <see cref="ClientAddress.Apply(HttpContext)"/>.</summary>
    public static void UseClientAddress(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var address = app.ApplicationServices.GetRequiredService<ClientAddress>();
        app.Use((context, next) =>
        {
            address.Apply(context);
            return next(context);
        });
    }
}

/// <summary>Finds the visitor's address behind our own and the configured proxies.</summary>
public sealed class ClientAddress(IOptions<ForwardedHeadersSettings> settings, InternalKey key)
{
    // A dual-stack socket reports IPv4 peers as ::ffff:192.0.2.1. Kestrel uses the same instance for all requests of a connection, so each
    // connection costs one conversion.
    private static readonly ConditionalWeakTable<IPAddress, IPAddress> Mapped = [];

    private static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]");

    private readonly IReadOnlyList<IPNetwork> _networks = settings.Value.Networks;
    private readonly bool _isStandard = settings.Value.IsStandard;

    /// <summary>
    /// Sets the connection's remote address, scheme and host to the visitor's, when the direct peer is a configured proxy, or
    /// one of our own with the proxy key.
    /// </summary>
    public void Apply(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var request = context.Request;
        var hop = Walk(request.Headers, context.Connection.RemoteIpAddress);
        context.Connection.RemoteIpAddress = hop.Address;
        if (hop.Distance < 0)
        {
            return;
        }

        var (scheme, host) = hop.Element is { } element
            ? (element.Proto, element.Host)
            : (At(request.Headers["X-Forwarded-Proto"], hop.Distance), At(request.Headers["X-Forwarded-Host"], hop.Distance));
        if (scheme is not null && (scheme.Equals("http", StringComparison.OrdinalIgnoreCase) || scheme.Equals("https", StringComparison.OrdinalIgnoreCase)))
        {
            request.Scheme = scheme.ToLowerInvariant();
        }

        if (host is { Length: > 0 } && !host.AsSpan().ContainsAnyExcept(HostCharacters) && ParseHost(host) is { HasValue: true } value)
        {
            request.Host = value;
        }
    }

    private static HostString ParseHost(string text)
    {
        try
        {
            return HostString.FromUriComponent(text);
        }
        catch (ArgumentException)
        {
            // It begins like punycode and isn't any.
            return default;
        }
    }

    /// <summary>
    /// The visitor's address: the right-most one in <c>X-Forwarded-For</c> or <c>Forwarded</c> that is not itself a configured proxy, because
    /// clients can forge everything to the left of it. Where a proxy wrote no address (<c>unknown</c>, a name of its own), that proxy's.
    /// </summary>
    /// <param name="peer">The remote address of the connection.</param>
    /// <param name="isForwarded">Whether the peer is trusted to forward requests.</param>
    public IPAddress? Find(IHeaderDictionary headers, IPAddress? peer, out bool isForwarded)
    {
        var hop = Walk(headers, peer);
        isForwarded = hop.Distance >= 0;
        return hop.Address;
    }

    private Hop Walk(IHeaderDictionary headers, IPAddress? peer)
    {
        ArgumentNullException.ThrowIfNull(headers);
        var found = peer is { IsIPv4MappedToIPv6: true } ? Mapped.GetValue(peer, static address => address.MapToIPv4()) : peer;
        // The gateway passes on what it found itself, always in X-Forwarded-For.
        var isOurs = key.IsTrustedProxy(headers);
        if (!isOurs && (found is null || !IsKnown(found)))
        {
            return new Hop(found, -1);
        }

        var listed = headers[ForwardedHeadersSettings.ForwardedFor];
        return !isOurs && (_isStandard || (listed.Count == 0 && headers.ContainsKey(ForwardedHeadersSettings.Forwarded)))
            ? WalkElements(headers[ForwardedHeadersSettings.Forwarded].ToString(), found)
            : WalkList(listed.ToString(), found);
    }

    /// <summary>Walks <c>X-Forwarded-For</c> from the right.</summary>
    private Hop WalkList(ReadOnlySpan<char> hops, IPAddress? found)
    {
        for (var distance = 0; ; distance++)
        {
            var comma = hops.LastIndexOf(',');
            var text = hops[(comma + 1)..].Trim();
            if (text.IsEmpty)
            {
                // An empty entry is nobody's.
                distance--;
            }
            else
            {
                if (!ForwardedAddress.TryParse(text, out var address))
                {
                    return new Hop(found, distance);
                }

                found = address;
                if (!IsKnown(found))
                {
                    return new Hop(found, distance);
                }
            }

            if (comma < 0)
            {
                return new Hop(found, Math.Max(distance, 0));
            }

            hops = hops[..comma];
        }
    }

    /// <summary>Walks the elements of <c>Forwarded</c> from the right.</summary>
    private Hop WalkElements(string header, IPAddress? found)
    {
        var elements = ForwardedElement.ParseAll(header);
        for (var i = elements.Count - 1; i >= 0; i--)
        {
            var distance = elements.Count - 1 - i;
            if (!ForwardedAddress.TryParse(elements[i].For, out var address))
            {
                return new Hop(found, distance, elements[i]);
            }

            found = address;
            if (!IsKnown(found) || i == 0)
            {
                return new Hop(found, distance, elements[i]);
            }
        }

        return new Hop(found, 0, default(ForwardedElement));
    }

    /// <summary>
    /// The entry written by the proxy that wrote the visitor's address: as far from the right. A proxy that replaces the header instead of adding
    /// to it leaves one entry.
    /// </summary>
    private static string? At(StringValues values, int distance)
    {
        var entries = values.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return entries.Length == 0 ? null : entries[Math.Max(0, entries.Length - 1 - distance)];
    }

    private bool IsKnown(IPAddress address)
    {
        foreach (var network in _networks)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    /// <param name="Distance">The entry's place from the right, from 0; -1 if the peer is not trusted to forward requests.</param>
    /// <param name="Element">The entry, if the header was <c>Forwarded</c>.</param>
    private readonly record struct Hop(IPAddress? Address, int Distance, ForwardedElement? Element = null);
}
