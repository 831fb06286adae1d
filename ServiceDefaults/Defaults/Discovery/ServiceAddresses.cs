using System.Net;
using Microsoft.Extensions.ServiceDiscovery;

namespace LinkShort.ServiceDefaults.Discovery;

/// <summary>Converts the package's endpoints to the addresses that requests are sent to.</summary>
public static class ServiceAddresses
{
    /// <param name="service">An absolute address whose host is the service's name: <c>https+http://links</c>, <c>http://_admin.links/path</c>.</param>
    /// <returns>Absolute http or https addresses, in the order of their settings; empty if no setting names the service or endpoint.</returns>
    public static async ValueTask<IReadOnlyList<Uri>> GetAddressesAsync(
        this ServiceEndpointResolver resolver, Uri service, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(resolver);
        ArgumentNullException.ThrowIfNull(service);
        var source = await resolver.GetEndpointsAsync($"{service.Scheme}://{service.Host}", cancellationToken);
        return ToAddresses(source, service);
    }

    /// <inheritdoc cref="GetAddressesAsync"/>
    /// <param name="source">The endpoints that the package resolved.</param>
    public static IReadOnlyList<Uri> ToAddresses(ServiceEndpointSource source, Uri service)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(service);
        var endpoints = source.Endpoints;
        if (endpoints.Count == 0)
        {
            return [];
        }

        var addresses = new Uri[endpoints.Count];
        for (var i = 0; i < addresses.Length; i++)
        {
            addresses[i] = endpoints[i].EndPoint is UriEndPoint known ? known.Uri : WithScheme(endpoints[i].EndPoint, service);
        }

        return addresses;
    }

    /// <summary>Puts the scheme, host, port and path base of <paramref name="replica"/> in front of the request's path and query.</summary>
    public static Uri Rebase(Uri request, Uri replica)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(replica);
        // Not UriBuilder, which would change how the caller escaped path and query.
        return new Uri(replica.GetLeftPart(UriPartial.Path).TrimEnd('/') + request.PathAndQuery);
    }

    /// <summary>An address without a scheme (<c>localhost:5001</c>) gets the caller's preferred one.</summary>
    private static Uri WithScheme(EndPoint endpoint, Uri service) => new($"{service.Scheme.Split('+')[0]}://{endpoint switch
    {
        DnsEndPoint { Port: 0 } name => name.Host,
        DnsEndPoint name => $"{name.Host}:{name.Port}",
        _ => endpoint.ToString(),
    }}");
}
