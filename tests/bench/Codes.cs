using System.Text.Json;
using LinkShort.Contracts;

namespace LinkShort.Bench;

/// <summary>The links of the benchmark: b1 to b10000.</summary>
internal static class Codes
{
    public const int Count = 10_000;
    public const string Destination = "https://example.com/a/destination/of/usual/length?utm_source=newsletter&utm_campaign=november";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Replaces the links service: redirect fills its read model from it, like after the loss of its database.</summary>
    public static async Task<WebApplication> ServeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var workspace = Guid.CreateVersion7();
        var created = TimeProvider.System.GetUtcNow();
        var links = Enumerable.Range(1, Count)
            .Select(number => new LinkSnapshot(new Guid(number, 0, 0, new byte[8]), workspace, "", $"b{number}", Destination, 302, null, null, false, 1, created))
            .ToArray();
        app.MapGet("/internal/routes", (Guid? after, int limit) => Results.Text(
            string.Concat(links.Where(link => after is null || link.LinkId.CompareTo(after.Value) > 0).Take(limit)
                .Select(link => JsonSerializer.Serialize(link, Json) + "\n")),
            "application/x-ndjson"));
        app.MapGet("/internal/routes/by-code", () => Results.NotFound());
        await app.StartAsync();
        return app;
    }
}
