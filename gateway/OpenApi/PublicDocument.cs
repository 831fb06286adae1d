using System.Security.Cryptography;

namespace LinkShort.Gateway.OpenApi;

/// <summary>
/// The public API's description. It is part of the program, so it is whole whichever services are up; a test compares it with what the
/// services describe, and writes it (docs/adr/0053).
/// </summary>
internal static class PublicDocument
{
    public const string Path = "/api/v1/openapi.json";

    private static readonly byte[] Json = Resource.Read("openapi.json");
    private static readonly string Tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(Json).AsSpan(0, 8))}\"";

    public static async Task AnswerAsync(HttpContext context)
    {
        var response = context.Response;
        response.Headers.ETag = Tag;
        response.Headers.CacheControl = "no-cache";
        if (context.Request.Headers.IfNoneMatch == Tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = Json.Length;
        await response.Body.WriteAsync(Json, context.RequestAborted);
    }
}
