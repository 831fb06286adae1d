using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.Conventions.Tests;

/// <summary>Who may call an endpoint is said where it is mapped, not left to a default: by a policy, or by an explicit "anybody".</summary>
internal static class Endpoints
{
    public static IEnumerable<string> Check(string part, IEnumerable<RouteEndpoint> endpoints) => endpoints
        .Where(endpoint => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
            && endpoint.Metadata.GetMetadata<IAuthorizeData>() is null
            && endpoint.Metadata.GetMetadata<AuthorizationPolicy>() is null)
        .Select(endpoint => $"{part}: {Describe(endpoint)}");

    /// <summary>What is under /internal opens to the internal key only.</summary>
    public static IEnumerable<string> CheckInternal(string part, IEnumerable<RouteEndpoint> endpoints, string policy) => endpoints
        .Where(endpoint => endpoint.RoutePattern.RawText?.TrimStart('/').StartsWith("internal", StringComparison.OrdinalIgnoreCase) == true
            && (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null
                || endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().All(authorize => authorize.Policy != policy)))
        .Select(endpoint => $"{part}: {Describe(endpoint)}");

    private static string Describe(RouteEndpoint endpoint) =>
        $"{string.Join('|', endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["*"])} {endpoint.RoutePattern.RawText} ({endpoint.DisplayName})";
}
