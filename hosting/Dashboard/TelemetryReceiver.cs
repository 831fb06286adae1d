using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.Hosting.Dashboard;

/// <summary>
/// OTLP over HTTP (<c>http/protobuf</c>): who exported and when, which the dashboard shows as a sign of life. To look into the
/// telemetry itself, point <c>ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL</c> at a collector: the services then export there.
/// </summary>
internal sealed class TelemetryReceiver(TimeProvider time)
{
    public const string KeyHeader = "x-otlp-api-key";

    private readonly ConcurrentDictionary<string, DateTimeOffset> _lastExports = new(StringComparer.Ordinal);

    /// <summary>When a resource's processes last exported anything; null for never.</summary>
    public DateTimeOffset? LastExport(string service) => _lastExports.TryGetValue(service, out var at) ? at : null;

    /// <summary>Notes an export. The body is an Export*ServiceRequest, whose resource names the service.</summary>
    public void Received(ReadOnlySpan<byte> body)
    {
        if (ServiceName(body) is { Length: > 0 and <= 64 } name)
        {
            _lastExports[name] = time.GetUtcNow();
        }
    }

    /// <summary>
    /// The value of the attribute <c>service.name</c>: in protobuf's wire format a KeyValue {1: key, 2: AnyValue {1: string}},
    /// so the bytes after the key are 0x12, length, 0x0A, length, text.
    /// </summary>
    private static string? ServiceName(ReadOnlySpan<byte> body)
    {
        var at = body.IndexOf("service.name"u8);
        if (at < 0)
        {
            return null;
        }

        var rest = body[(at + "service.name"u8.Length)..];
        return rest is [0x12, _, 0x0A, var length, ..] && length < 0x80 && rest.Length >= 4 + length
            ? Encoding.UTF8.GetString(rest.Slice(4, length))
            : null;
    }
}

internal static class TelemetryEndpoints
{
    private const int MaxBodyBytes = 8 * 1024 * 1024;

    public static void MapTelemetry(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/traces", ReceiveAsync);
        routes.MapPost("/v1/metrics", ReceiveAsync);
        routes.MapPost("/v1/logs", ReceiveAsync);
    }

    private static async Task<IResult> ReceiveAsync(HttpContext context, DashboardAccess access, TelemetryReceiver receiver)
    {
        var key = Encoding.UTF8.GetBytes(context.Request.Headers[TelemetryReceiver.KeyHeader].ToString());
        if (!CryptographicOperations.FixedTimeEquals(key, Encoding.UTF8.GetBytes(access.TelemetryKey)))
        {
            return TypedResults.Unauthorized();
        }

        if (context.Request.ContentLength > MaxBodyBytes)
        {
            return TypedResults.StatusCode(StatusCodes.Status413PayloadTooLarge);
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        receiver.Received(body.GetBuffer().AsSpan(0, (int)body.Length));
        // An empty Export*ServiceResponse: all was accepted.
        return TypedResults.Bytes([], "application/x-protobuf");
    }
}
