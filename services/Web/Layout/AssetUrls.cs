using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.StaticAssets;

namespace LinkShort.Web.Layout;

/// <summary>
/// URLs of the static files with a fingerprint of their content, which browsers may cache forever. Taken from the endpoints that
/// <c>MapStaticAssets</c> creates from the build's manifest. Fonts have their fingerprint from Assets/build.mjs, because stylesheets name them.
/// </summary>
public sealed partial class AssetUrls(EndpointDataSource endpoints)
{
    public const string Root = "/app/assets";

    private readonly Lazy<FrozenDictionary<string, string>> _urls = new(() => endpoints.Endpoints
        .Select(endpoint => endpoint.Metadata.GetMetadata<StaticAssetDescriptor>())
        .OfType<StaticAssetDescriptor>()
        .Where(asset => asset.Selectors.Count == 0)
        .Select(asset => (Label: LabelOf(asset), asset.Route))
        .Where(asset => asset.Label is not null)
        .DistinctBy(asset => asset.Label)
        .ToFrozenDictionary(asset => asset.Label!, asset => $"{Root}/{asset.Route}"));

    /// <param name="path">Relative to wwwroot, such as <c>css/app.css</c>; of fonts without the fingerprint.</param>
    public string this[string path] => _urls.Value.TryGetValue(path, out var url) ? url : $"{Root}/{path}";

    /// <summary>Maps the static files.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGroup(Root).AllowAnonymous().MapStaticAssets().Add(endpoint =>
    {
        if (endpoint.RequestDelegate is { } answer && endpoint.Metadata.OfType<StaticAssetDescriptor>().Any(asset => FingerprintedFont().IsMatch(asset.Route)))
        {
            endpoint.RequestDelegate = context =>
            {
                context.Response.OnStarting(static state =>
                {
                    ((HttpResponse)state).Headers.CacheControl = "max-age=31536000, immutable";
                    return Task.CompletedTask;
                }, context.Response);
                return answer(context);
            };
        }
    });

    private static string? LabelOf(StaticAssetDescriptor asset)
    {
        if (FingerprintedFont().Match(asset.Route) is { Success: true } font)
        {
            return $"{font.Groups["name"]}.woff2";
        }

        return asset.Properties.Any(property => property.Name == "fingerprint") ? asset.Properties.FirstOrDefault(property => property.Name == "label")?.Value : null;
    }

    // Without the second fingerprint, the manifest's.
    [GeneratedRegex("^(?<name>fonts/[a-z-]+)-[0-9A-Z]{8}[.]woff2$")]
    private static partial Regex FingerprintedFont();
}
