using Microsoft.Extensions.ServiceDiscovery;

namespace LinkShort.ServiceDefaults.Discovery;

/// <summary>
/// A client asked for a service that the settings don't know, by a scheme that DNS can't resolve (<c>https+http</c>).
/// An <see cref="HttpRequestException"/> for callers; trying again doesn't help.
/// </summary>
public sealed class UnknownServiceException : HttpRequestException
{
    internal UnknownServiceException(Uri address)
        : base(HttpRequestError.NameResolutionError, Explain(address))
    {
    }

    private static string Explain(Uri address)
    {
        // Parsed by the package, so that the name is the one that it looked for.
        if (!ServiceEndpointQuery.TryParse($"{address.Scheme}://{address.Host}", out var query))
        {
            return $"{address} names no service.";
        }

        var keys = query.EndpointName is { } name
            ? $"services:{query.ServiceName}:{name}:0"
            : string.Join(" or ", query.IncludedSchemes.Select(scheme => $"services:{query.ServiceName}:{scheme}:0"));
        return $"No address is set for the service '{query.ServiceName}', which {address.Scheme}://{address.Authority} asks for. "
            + $"Set {keys} (services__{query.ServiceName}__…), or reference the service in AppHost.cs: .WithReference({query.ServiceName}).";
    }
}
