using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LinkShort.Gateway.Forwarding;
using LinkShort.Gateway.Routing;
using LinkShort.ServiceDefaults;

namespace LinkShort.Gateway.OpenApi;

/// <summary>
/// The public API's description, as JSON and as a page: merged from the services' documents, at most every few seconds.
/// If a service is unavailable, its last known document is used.
/// </summary>
internal sealed partial class PublicDocument(Upstreams upstreams, TimeProvider time, ILogger<PublicDocument> logger)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    // Keeps apostrophes and angle brackets readable; this JSON is never embedded in HTML.
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    private readonly Lock _lock = new();
    private readonly Dictionary<string, JsonObject> _lastKnown = new(StringComparer.Ordinal);
    private Task<Rendered>? _rendered;
    private long _askedAt;

    public async Task AnswerJsonAsync(HttpContext context) =>
        await AnswerAsync(context, "application/json; charset=utf-8", (await CurrentAsync(context)).Json);

    public async Task AnswerPageAsync(HttpContext context) =>
        await AnswerAsync(context, "text/html; charset=utf-8", (await CurrentAsync(context)).Page);

    private static async Task AnswerAsync(HttpContext context, string contentType, byte[] body)
    {
        var response = context.Response;
        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 8))}\"";
        response.Headers.ETag = tag;
        response.Headers.CacheControl = "no-cache";
        if (context.Request.Headers.IfNoneMatch == tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = contentType;
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, context.RequestAborted);
    }

    private Task<Rendered> CurrentAsync(HttpContext context)
    {
        lock (_lock)
        {
            if (_rendered is null || (_rendered.IsCompleted && time.GetElapsedTime(_askedAt) >= Fresh))
            {
                _askedAt = time.GetTimestamp();
                _rendered = RenderAsync();
            }

            return _rendered.WaitAsync(context.RequestAborted);
        }
    }

    private async Task<Rendered> RenderAsync()
    {
        var answers = await Task.WhenAll(ServiceRoutes.ApiServices.Select(AskAsync));
        foreach (var (service, document) in ServiceRoutes.ApiServices.Zip(answers))
        {
            if (document is not null)
            {
                _lastKnown[service] = document;
            }
        }

        var known = ServiceRoutes.ApiServices.Where(_lastKnown.ContainsKey).Select(service => (service, _lastKnown[service])).ToList();
        var merged = DocumentMerge.Merge(known);
        return new Rendered(Encoding.UTF8.GetBytes(merged.ToJsonString(Readable)), Encoding.UTF8.GetBytes(DocumentPage.Render(merged)));
    }

    private async Task<JsonObject?> AskAsync(string service)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, (Uri?)null);
            using var response = await upstreams.SendAsync(service, request, "/openapi/v1.json", Timeout, CancellationToken.None);
            response.EnsureSuccessStatusCode();
            return JsonNode.Parse(await response.Content.ReadAsStringAsync()) as JsonObject;
        }
        catch (Exception exception) when (Outages.IsOutage(exception) || exception is IOException or JsonException)
        {
            Log.Away(logger, service, exception.Message);
            return null;
        }
    }

    private sealed record Rendered(byte[] Json, byte[] Page);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The OpenAPI document of {Service} could not be read, so its last known one is used: {Reason}")]
        public static partial void Away(ILogger logger, string service, string reason);
    }
}
