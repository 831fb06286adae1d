using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.WellKnown;

/// <summary>
/// Declares which apps may open the short host's links: Apple's associated domains
/// (https://developer.apple.com/documentation/xcode/supporting-associated-domains) and Android's Digital Asset Links
/// (https://developers.google.com/digital-asset-links). Both must be served without a redirect.
/// </summary>
public static class AppLinks
{
    private static readonly JsonSerializerOptions Json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private static readonly string[] Relation = ["delegate_permission/common.handle_all_urls"];

    public static void MapAppLinks(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<AppLinkOptions>>().Value;
        Map(app, "/.well-known/apple-app-site-association", options.Apple.Count == 0 ? null : Apple(options.Apple));
        Map(app, "/.well-known/assetlinks.json", options.Android.Count == 0 ? null : Android(options.Android));
    }

    private static void Map(WebApplication app, string path, object? document)
    {
        if (document is null)
        {
            // Not mapped, so 404, which both interpret as "no app".
            return;
        }

        var bytes = JsonSerializer.SerializeToUtf8Bytes(document, Json);
        app.MapMethods(path, ["GET", "HEAD"], (HttpResponse response) =>
        {
            response.Headers.CacheControl = "public, max-age=3600";
            return TypedResults.Bytes(bytes, "application/json");
        }).AllowAnonymous().ExcludeFromDescription();
    }

    private static Dictionary<string, object> Apple(IEnumerable<string> applications) => new()
    {
        ["applinks"] = new
        {
            details = new[] { new { appIDs = applications.ToArray(), components = new[] { new Dictionary<string, string> { ["/"] = "/*" } } } },
        },
    };

    private static object[] Android(IEnumerable<string> applications) =>
    [
        .. applications.Select(text => AndroidApp.Parse(text)!).Select(app => new
        {
            relation = Relation,
            target = new { @namespace = "android_app", package_name = app.Package, sha256_cert_fingerprints = app.Fingerprints },
        }),
    ];
}
