using Microsoft.Extensions.ServiceDiscovery;

namespace LinkShort.ServiceDefaults.Discovery;

/// <summary>
/// No address is configured for a requested service, and DNS can't resolve its scheme (<c>https+http</c>).
/// An <see cref="HttpRequestException"/> for callers; a retry doesn't help.
/// </summary>
public sealed class UnknownServiceException : HttpRequestException
{
    internal UnknownServiceException(Uri address)
        : base(HttpRequestError.NameResolutionError, Explain(address))
    {
    }

    private static string Explain(Uri address)
    {
        // Parsed by the package, to report the name that it looked for.
        if (!ServiceEndpointQuery.TryParse($"{address.Scheme}://{address.Host}", out var query))
        {
            return $"{address} names no service.";
        }

        var keys = query.EndpointName is { } name
            ? $"services:{query.ServiceName}:{name}:0"
            : string.Join(" or ", query.IncludedSchemes.Select(scheme => $"services:{query.ServiceName}:{scheme}:0"));
        return $"No address is set for the service '{query.ServiceName}', which {address.Scheme}://{address.Authority} refers to. "
            + $"Set {keys} (services__{query.ServiceName}__…), or reference the service in AppHost.cs: .WithReference({query.ServiceName}).";
    }
}
