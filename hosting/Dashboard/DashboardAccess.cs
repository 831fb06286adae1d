using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Hosting.Dashboard;

/// <summary>
/// Who may use the dashboard: the bearer of the token that was printed at the start (and is in the state file for this user's CLI).
/// It can stop services and read their logs, so a web page in the same browser must not reach it either.
/// </summary>
internal sealed class DashboardAccess
{
    public const string Cookie = "linkshort-dashboard";

    private readonly byte[] _token;

    public DashboardAccess()
    {
        Token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        TelemetryKey = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _token = Encoding.ASCII.GetBytes(Token);
    }

    public string Token { get; }

    /// <summary>What services send as <c>x-otlp-api-key</c>.</summary>
    public string TelemetryKey { get; }

    public bool IsToken(string? sent) => sent is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(sent), _token);

    public static async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";

        // A name that some web site points at 127.0.0.1 (DNS rebinding) is not ours.
        if (context.Request.Host.Host is not ("localhost" or "127.0.0.1" or "[::1]"))
        {
            context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            await context.Response.WriteAsync("Open the dashboard at the address that ./linkshort status prints.");
            return;
        }

        if (IsOpen(context.Request.Path) || context.RequestServices.GetRequiredService<DashboardAccess>().IsAllowed(context.Request))
        {
            await next(context);
            return;
        }

        if (context.Request.Path.StartsWithSegments("/api"))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            await context.Response.WriteAsync("Sign in with the dashboard's token.");
            return;
        }

        context.Response.Redirect("/login");
    }

    private static bool IsOpen(PathString path) =>
        path.StartsWithSegments("/login") || path.StartsWithSegments("/assets") || path.StartsWithSegments("/v1");

    private bool IsAllowed(HttpRequest request)
    {
        if (request.Headers.Authorization.ToString() is { Length: > 7 } header && header.StartsWith("Bearer ", StringComparison.Ordinal))
        {
            return IsToken(header[7..]);
        }

        // The cookie is SameSite=Strict; a write must name our own origin as well, for browsers on other ports of localhost.
        return IsToken(request.Cookies[Cookie])
            && (HttpMethods.IsGet(request.Method) || request.Headers.Origin == $"{request.Scheme}://{request.Host}");
    }
}
