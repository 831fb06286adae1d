namespace LinkShort.Web.Layout;

/// <summary>
/// Headers of every response of the web app, the same as the gateway's, in case it is reached directly. Pages of signed-in users are never
/// cached: neither by proxies, nor in the browser for the back button after signing out.
/// </summary>
public static class PageHeaders
{
    public const string ContentSecurityPolicy =
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

    private const string NoStore = "no-cache, no-store";

    public static void UsePageHeaders(this IApplicationBuilder app)
    {
        app.Use((context, next) =>
        {
            context.Response.OnStarting(static state =>
            {
                var context = (HttpContext)state;
                var headers = context.Response.Headers;
                headers.XContentTypeOptions = "nosniff";
                headers.XFrameOptions = "DENY";
                if (headers.ContentSecurityPolicy.Count == 0)
                {
                    headers.ContentSecurityPolicy = ContentSecurityPolicy;
                }

                if (headers.CacheControl.Count == 0)
                {
                    headers.CacheControl = NoStore;
                }

                return Task.CompletedTask;
            }, context);
            return next(context);
        });
    }
}
