namespace LinkShort.Web;

/// <summary>Post-redirect-get, for plain forms (303) and for htmx, which is told to go there by a header.</summary>
public sealed class Redirect : IResult
{
    private readonly string _path;

    private Redirect(string path) => _path = path;

    /// <exception cref="ArgumentException">The path could lead to another site: what comes from outside goes through <see cref="ReturnUrl.Checked"/> first.</exception>
    public static Redirect To(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
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

/// <summary>Where to go on after signing in.</summary>
public static class ReturnUrl
{
    public const string Default = "/app/links";

    /// <summary>
    /// Only the web app's own pages. A path alone is not enough: <c>/abc1234</c> is a short link and leads anywhere,
    /// <c>//host</c> and <c>/\host</c> are other sites to a browser.
    /// </summary>
    public static string Checked(string? url)
    {
        // Visible ASCII only: browsers drop control characters, and a header can't hold the rest.
        if (string.IsNullOrEmpty(url) || url.Length > 2048 || url.Any(character => character is <= ' ' or > '~' or '\\'))
        {
            return Default;
        }

        var path = url.Split('?', '#')[0];
        // "/app/../abc" is "/abc" to a browser, and "%2e" is "." to it.
        var isPlain = !path.Contains("/.", StringComparison.Ordinal) && !path.Contains('%', StringComparison.Ordinal);
        return isPlain && (path == "/" || path == "/app" || path.StartsWith("/app/", StringComparison.Ordinal)) ? url : Default;
    }
}
