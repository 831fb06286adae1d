using LinkShort.Gateway.Routing;
using Microsoft.Extensions.Options;

namespace LinkShort.Gateway.Headers;

/// <summary>
/// The headers that protect browsers, on every answer, failures too (OWASP ASVS 5, 3.4). A page may bring a policy of its own;
/// an API answer is never anything that a browser should load from or run.
/// </summary>
internal sealed class SecurityHeaders
{
    public const string PagePolicy =
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

    public const string ApiPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string NothingUsed =
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()";

    private readonly string _strictTransport;
    private readonly Func<object, Task> _apply;

    private SecurityHeaders(StrictTransportOptions transport)
    {
        _strictTransport = transport.Value;
        _apply = ApplyAsync;
    }

    public static void Use(IApplicationBuilder app)
    {
        var headers = new SecurityHeaders(app.ApplicationServices.GetRequiredService<IOptions<StrictTransportOptions>>().Value);
        app.Use((context, next) =>
        {
            // At the last moment: the handler of exceptions clears what was set before, and the services' own headers are known by then.
            context.Response.OnStarting(headers._apply, context);
            return next(context);
        });
    }

    private Task ApplyAsync(object state)
    {
        Apply((HttpContext)state);
        return Task.CompletedTask;
    }

    private void Apply(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.Remove("Server");
        headers.XContentTypeOptions = "nosniff";
        if (context.Request.IsHttps)
        {
            headers.StrictTransportSecurity = _strictTransport;
        }

        var surface = SurfaceOf(context);
        if (surface is Surface.ShortLink && context.Response.StatusCode is >= 300 and < 400)
        {
            // Nothing is shown, so there is nothing to protect: bytes that millions would carry. What the destination learns of
            // where its visitor came from (Referrer-Policy) is redirect's to say.
            return;
        }

        headers.XFrameOptions = "DENY";
        headers["Permissions-Policy"] = NothingUsed;
        // Nothing of ours is an image or a script for other people's pages. What CORS opens is not asked for this.
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // Nothing is kept unless its service says so, and nothing at all of what only a token or key opens.
        if (headers.CacheControl.Count == 0 || (surface is Surface.Api && context.Request.Headers.Authorization.Count > 0))
        {
            headers.CacheControl = "no-store";
        }

        if (surface is Surface.Api)
        {
            headers.ContentSecurityPolicy = ApiPolicy;
            headers["Referrer-Policy"] = "no-referrer";
            if (context.GetEndpoint()?.Metadata.GetMetadata<ServiceRoute>() is not null && headers.ContentDisposition.Count == 0 && IsJson(context.Response.ContentType))
            {
                // Opened in a browser it is a file, never a page of ours (ASVS 4.0.3, 14.4.2). Programs don't care.
                headers.ContentDisposition = "attachment; filename=\"api.json\"";
            }

            return;
        }

        if (headers.ContentSecurityPolicy.Count == 0)
        {
            headers.ContentSecurityPolicy = PagePolicy;
        }

        if (!headers.ContainsKey("Referrer-Policy"))
        {
            headers["Referrer-Policy"] = "strict-origin-when-cross-origin";
        }

        headers["Cross-Origin-Opener-Policy"] = "same-origin";
    }

    private static bool IsJson(string? contentType) =>
        contentType is not null && contentType.Split(';')[0].EndsWith("json", StringComparison.OrdinalIgnoreCase);

    /// <summary>A problem is for programs, wherever it occurs.</summary>
    private static Surface SurfaceOf(HttpContext context) =>
        context.Response.ContentType?.StartsWith("application/problem+json", StringComparison.OrdinalIgnoreCase) == true
            ? Surface.Api
            : context.GetEndpoint()?.Metadata.GetMetadata<ServiceRoute>()?.Surface
                ?? context.GetEndpoint()?.Metadata.GetMetadata<OwnPage>()?.Surface
                ?? Surface.Api;
}

/// <summary>On endpoints of the gateway's own that people look at.</summary>
internal sealed class OwnPage
{
    public static readonly OwnPage Metadata = new();

    public Surface Surface { get; } = Surface.Page;
}
