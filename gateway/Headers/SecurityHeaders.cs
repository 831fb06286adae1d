using LinkShort.Gateway.Routing;
using Microsoft.Extensions.Options;

namespace LinkShort.Gateway.Headers;

/// <summary>
/// The headers that protect browsers, on every response including failures (OWASP ASVS 5, 3.4). A page may set its own policy;
/// API responses are never something that a browser should load or run.
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
            // At the last moment: the exception handler clears headers that were set earlier, and by now the service's own headers are known.
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
            // A redirect displays nothing, so there is nothing to protect, and it is sent millions of times. Redirect itself decides
            // what the destination learns about the referring page (Referrer-Policy).
            return;
        }

        headers.XFrameOptions = "DENY";
        headers["Permissions-Policy"] = NothingUsed;
        // Other sites have no reason to embed our images or scripts. CORS requests are not affected.
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // Not cached unless the service allows it, and never if a token or key was required.
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
                // Opened in a browser, it is downloaded, never rendered as our page (ASVS 4.0.3, 14.4.2). Other clients ignore the header.
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

    /// <summary>Problem details are for programs, on any route.</summary>
    private static Surface SurfaceOf(HttpContext context) =>
        context.Response.ContentType?.StartsWith("application/problem+json", StringComparison.OrdinalIgnoreCase) == true
            ? Surface.Api
            : context.GetEndpoint()?.Metadata.GetMetadata<ServiceRoute>()?.Surface
                ?? context.GetEndpoint()?.Metadata.GetMetadata<OwnPage>()?.Surface
                ?? Surface.Api;
}

/// <summary>Marks the gateway's own pages.</summary>
internal sealed class OwnPage
{
    public static readonly OwnPage Metadata = new();

    /// <summary>Of what the gateway answers itself.</summary>
    public static readonly string[] Methods = ["GET", "HEAD"];

    public Surface Surface { get; } = Surface.Page;
}
