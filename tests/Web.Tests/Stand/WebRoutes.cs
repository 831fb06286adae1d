using LinkShort.Web.Layout;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Web.Tests.Stand;

/// <summary>The web app's endpoints, as its own routing lists them.</summary>
internal static class WebRoutes
{
    public static List<RouteEndpoint> Endpoints(this WebApp web) => [.. web.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    public static IReadOnlyList<string> Methods(this RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods is { Count: > 0 } methods ? methods : ["POST", "PUT", "PATCH", "DELETE"];

    /// <summary>Paths that answer GET, without assets.</summary>
    public static IEnumerable<string> Pages(this WebApp web) => web.Endpoints()
        .Where(endpoint => endpoint.Methods().Contains("GET"))
        .Select(Fill)
        .Where(path => !path.StartsWith(AssetUrls.Root, StringComparison.Ordinal))
        .Distinct();

    /// <summary>Endpoints that accept a writing method, or any method.</summary>
    public static List<(string Method, string Path)> Writes(this WebApp web) =>
    [
        .. web.Endpoints()
            .SelectMany(endpoint => endpoint.Methods().Select(method => (Method: method, Path: Fill(endpoint))))
            .Where(endpoint => endpoint.Method is not ("GET" or "HEAD" or "OPTIONS") && !endpoint.Path.StartsWith("/alive", StringComparison.Ordinal)
                && !endpoint.Path.StartsWith("/health", StringComparison.Ordinal))
            .Distinct(),
    ];

    private static string Fill(RouteEndpoint endpoint) => "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment =>
        string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternParameterPart parameter => parameter.ParameterPolicies.Any(policy => policy.Content is "guid" or null) || parameter.Name.EndsWith("id", StringComparison.OrdinalIgnoreCase)
                ? "0190f3a2-7c1e-7b3a-9d52-6f1c2a4b8e90"
                : "validation",
            _ => "",
        }))));
}
