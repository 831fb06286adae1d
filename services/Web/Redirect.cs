using LinkShort.Web.Billing;

namespace LinkShort.Web;

/// <summary>Post-redirect-get, for plain forms (303) and for htmx (by a header).</summary>
public sealed class Redirect : IResult
{
    private readonly string _path;

    private Redirect(string path) => _path = path;

    /// <exception cref="ArgumentException">The path may lead to another site. Validate input with <see cref="ReturnUrl.Checked"/> first.</exception>
    public static Redirect To(string path)
    {
        return path is ['/', ..] and not ['/', '/' or '\\', ..] && !path.Any(char.IsControl)
            ? new(path)
            : throw new ArgumentException("Not an address of the web app.", nameof(path));
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        if (httpContext.Request.Headers.ContainsKey("HX-Request"))
        {
            httpContext.Response.StatusCode = StatusCodes.Status204NoContent;
            httpContext.Response.Headers["HX-Redirect"] = _path;
        }
        else
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = _path;
        }

        return Task.CompletedTask;
    }
}

/// <summary>Where to continue after signing in.</summary>
public static class ReturnUrl
{
    public const string Default = "/app/links";

    /// <summary>Those that are not below /app/.</summary>
    private static readonly string[] Pages = ["/", "/app", PricingEndpoints.Path, PurchaseEndpoints.Path];

    /// <summary>Back to the page that is shown; one that a form was answered with can't be requested again.</summary>
    public static string Here(HttpContext context) => HttpMethods.IsGet(context.Request.Method) ? context.Request.Path + context.Request.QueryString : Default;

    /// <summary>Whether <see cref="Here"/> contains a one-time secret, as the addresses in emails do.</summary>
    public static bool HasSecret(HttpContext context) => context.Request.Query.ContainsKey("token");

    /// <summary>
    /// Allows only the web app's own pages. Being a path isn't enough: <c>/abc1234</c> is a short link to anywhere, and browsers treat
    /// <c>//host</c> and <c>/\host</c> as other sites.
    /// </summary>
    public static string Checked(string? url)
    {
        // Visible ASCII only: browsers drop control characters, and headers can't contain the rest.
        if (string.IsNullOrEmpty(url) || url.Length > 2048 || url.Any(character => character is <= ' ' or > '~' or '\\'))
        {
            return Default;
        }

        var path = url.Split('?', '#')[0];
        // Browsers resolve "/app/../abc" to "/abc", and "%2e" to ".".
        var isPlain = !path.Contains("/.", StringComparison.Ordinal) && !path.Contains('%', StringComparison.Ordinal);
        return isPlain && (Pages.Contains(path) || path.StartsWith("/app/", StringComparison.Ordinal)) ? url : Default;
    }
}
