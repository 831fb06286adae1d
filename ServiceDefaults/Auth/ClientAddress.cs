using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>Whose <c>X-Forwarded-*</c> is believed besides our own gateway's.</summary>
public sealed class ForwardedHeadersSettings : IValidatableObject
{
    public const string Section = "ForwardedHeaders";

    /// <summary>CIDRs, separated by commas or spaces. None by default: anyone could claim any address.</summary>
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

/// <summary>Who is at the other end, seen through our own and configured proxies.</summary>
public sealed class ClientAddress(IOptions<ForwardedHeadersSettings> settings, InternalKey key)
{
    // A socket that takes both families shows IPv4 peers as ::ffff:192.0.2.1. Kestrel gives the same instance to all requests of a
    // connection: one conversion each, not one a request.
    private static readonly ConditionalWeakTable<IPAddress, IPAddress> Mapped = [];

    private readonly IReadOnlyList<IPNetwork> _networks = settings.Value.Networks;

    /// <summary>
    /// Sets the connection's remote address, scheme and host to the visitor's, when the direct peer is a configured proxy or proves
    /// to be one of our own.
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
    /// The visitor's address. Of those in <c>X-Forwarded-For</c> the right-most one that is not itself a configured proxy counts:
    /// further left anyone can write.
    /// </summary>
    /// <param name="peer">Who opened the connection.</param>
    /// <param name="isForwarded">Whether the peer may speak for others.</param>
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
