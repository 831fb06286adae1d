using System.Collections.Frozen;
using Microsoft.AspNetCore.StaticAssets;

namespace LinkShort.Web.Layout;

/// <summary>
/// URLs of the static files with a fingerprint of their content, which browsers may cache forever.
/// Taken from the endpoints that <c>MapStaticAssets</c> creates from the build's manifest.
/// </summary>
public sealed class AssetUrls(EndpointDataSource endpoints)
{
    public const string Root = "/app/assets";

    private readonly Lazy<FrozenDictionary<string, string>> _urls = new(() => endpoints.Endpoints
        .Select(endpoint => endpoint.Metadata.GetMetadata<StaticAssetDescriptor>())
        .OfType<StaticAssetDescriptor>()
        .Where(asset => asset.Selectors.Count == 0 && asset.Properties.Any(property => property.Name == "fingerprint"))
        .Select(asset => (Label: asset.Properties.FirstOrDefault(property => property.Name == "label")?.Value, asset.Route))
        .Where(asset => asset.Label is not null)
        .DistinctBy(asset => asset.Label)
        .ToFrozenDictionary(asset => asset.Label!, asset => $"{Root}/{asset.Route}"));

    /// <param name="path">Relative to wwwroot, such as <c>css/site.css</c>.</param>
    public string this[string path] => _urls.Value.TryGetValue(path, out var url) ? url : $"{Root}/{path}";
}
