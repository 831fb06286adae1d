namespace LinkShort.Web.Sessions;

/// <summary>
/// The web app's cookies. Over https, each is bound to the host that set it (<c>__Host-</c>, RFC 6265bis 4.1.3.2): no subdomain
/// and no page over plain http can plant or overwrite it. Plain http is for trying LinkShort out; there the cookies have no
/// prefix, because Safari and HTTP libraries reject Secure cookies from http://localhost. See docs/adr/0033.
/// </summary>
public static class HostCookie
{
    private const string Prefix = "__Host-";

    public static string NameOf(HttpContext context, string name)
    {
        return context.Request.IsHttps ? Prefix + name : name;
    }

    /// <returns>Null if the browser sent no cookie with the name for this scheme.</returns>
    public static string? Read(HttpContext context, string name)
    {
        return context.Request.Cookies[NameOf(context, name)];
    }

    /// <param name="age">Null for a session cookie.</param>
    /// <param name="forScript">The page's script reads or writes it; for values without any secret.</param>
    public static void Write(HttpContext context, string name, string value, TimeSpan? age, bool forScript = false)
    {
        context.Response.Cookies.Append(NameOf(context, name), value, Options(context, age, forScript));
    }

    public static void Delete(HttpContext context, string name)
    {
        context.Response.Cookies.Delete(NameOf(context, name), Options(context, null, forScript: false));
    }

    private static CookieOptions Options(HttpContext context, TimeSpan? age, bool forScript) => new()
    {
        HttpOnly = !forScript,
        Secure = context.Request.IsHttps,
        // Lax, not Strict: links in emails must open the app signed in. ForgeryGuard protects writes.
        SameSite = SameSiteMode.Lax,
        Path = "/",
        MaxAge = age,
        IsEssential = true,
    };

    /// <summary>Applies the same rules to a cookie of the framework, which asks for its name with each request.</summary>
    public sealed class Builder(string name, IHttpContextAccessor contexts) : CookieBuilder
    {
        public override string? Name
        {
            get => contexts.HttpContext is { } context ? NameOf(context, name) : name;
            set => throw new NotSupportedException($"The cookie is called {name}.");
        }

        public override CookieOptions Build(HttpContext context, DateTimeOffset expiresFrom) => Options(context, null, forScript: false);
    }
}
