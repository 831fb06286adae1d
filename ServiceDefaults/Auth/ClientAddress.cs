using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>The proxies whose <c>X-Forwarded-*</c> headers are trusted, in addition to our own gateway.</summary>
public sealed class ForwardedHeadersSettings : IValidatableObject
{
    public const string Section = "ForwardedHeaders";

    /// <summary>CIDRs, separated by commas or spaces. None by default: otherwise any client could claim any address.</summary>
    public string KnownNetworks { get; set; } = "";

    public IReadOnlyList<IPNetwork> Networks => [.. Parts().Select(IPNetwork.Parse)];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Parts().Where(part => !IPNetwork.TryParse(part, out _)).Select(part => new ValidationResult(
            $"'{part}' is not a network. Write CIDRs like 10.0.0.0/8 or fd00::/8, separated by commas.", [nameof(KnownNetworks)]));

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

    private readonly IReadOnlyList<IPNetwork> _networks = settings.Value.Networks;

    /// <summary>
    /// Sets the connection's remote address, scheme and host to the visitor's, when the direct peer is a configured proxy, or
    /// one of our own with the proxy key.
    /// </summary>
    public void Apply(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var request = context.Request;
        context.Connection.RemoteIpAddress = Find(request.Headers, context.Connection.RemoteIpAddress, out var isForwarded);
        if (!isForwarded)
        {
            return;
        }

        if (request.Headers["X-Forwarded-Proto"].ToString() is "http" or "https")
        {
            request.Scheme = request.Headers["X-Forwarded-Proto"].ToString();
        }

        if (request.Headers["X-Forwarded-Host"] is [{ Length: > 0 } host] && HostString.FromUriComponent(host) is { HasValue: true } value)
        {
            request.Host = value;
        }
    }

    /// <summary>
    /// The visitor's address: the right-most one in <c>X-Forwarded-For</c> that is not itself a configured proxy, because clients can forge
    /// everything to the left of it.
    /// </summary>
    /// <param name="peer">The remote address of the connection.</param>
    /// <param name="isForwarded">Whether the peer is trusted to forward requests.</param>
    public IPAddress? Find(IHeaderDictionary headers, IPAddress? peer, out bool isForwarded)
    {
        ArgumentNullException.ThrowIfNull(headers);
        var found = peer is { IsIPv4MappedToIPv6: true } ? Mapped.GetValue(peer, static address => address.MapToIPv4()) : peer;
        isForwarded = key.IsTrustedProxy(headers) || (found is not null && IsKnown(found));
        if (!isForwarded)
        {
            return found;
        }

        var hops = headers["X-Forwarded-For"].ToString().AsSpan();
        while (true)
        {
            var comma = hops.LastIndexOf(',');
            var hop = hops[(comma + 1)..].Trim();
            if (!hop.IsEmpty)
            {
                if (!IPAddress.TryParse(hop, out var address))
                {
                    return found;
                }

                found = Plain(address);
                if (!IsKnown(found))
                {
                    return found;
                }
            }

            if (comma < 0)
            {
                return found;
            }

            hops = hops[..comma];
        }
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

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
}
