using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.Conventions.Tests;

/// <summary>Every endpoint declares its authorization where it is mapped, without a default: a policy, or an explicit AllowAnonymous.</summary>
internal static class Endpoints
{
    public static IEnumerable<string> Check(string part, IEnumerable<RouteEndpoint> endpoints) => endpoints
        .Where(endpoint => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
            && endpoint.Metadata.GetMetadata<IAuthorizeData>() is null
            && endpoint.Metadata.GetMetadata<AuthorizationPolicy>() is null)
        .Select(endpoint => $"{part}: {Describe(endpoint)}");

    /// <summary>Endpoints under /internal require the internal key.</summary>
    public static IEnumerable<string> CheckInternal(string part, IEnumerable<RouteEndpoint> endpoints, string policy) => endpoints
        .Where(endpoint => endpoint.RoutePattern.RawText?.TrimStart('/').StartsWith("internal", StringComparison.OrdinalIgnoreCase) == true
            && (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null
                || endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().All(authorize => authorize.Policy != policy)))
        .Select(endpoint => $"{part}: {Describe(endpoint)}");

    private static string Describe(RouteEndpoint endpoint) =>
        $"{string.Join('|', endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["*"])} {endpoint.RoutePattern.RawText} ({endpoint.DisplayName})";
}
