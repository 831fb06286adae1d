namespace LinkShort.Web.Sessions;

/// <summary>
/// The cookies of the web app. Over https each is bound to the one host that set it (<c>__Host-</c>, RFC 6265bis 4.1.3.2): no subdomain
/// and no page over plain http can plant or overwrite it. Plain http is for trying LinkShort out; there the same cookies have no
/// prefix, because Safari and HTTP libraries keep no Secure cookies from http://localhost. See docs/adr/0033.
/// </summary>
public static class HostCookie
{
    private const string Prefix = "__Host-";

    public static string NameOf(HttpContext context, string name)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Request.IsHttps ? Prefix + name : name;
    }

    /// <returns>Null when the browser sent none under the name that this scheme has.</returns>
    public static string? Read(HttpContext context, string name)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Request.Cookies[NameOf(context, name)];
    }

    /// <param name="age">Null: until the browser is closed.</param>
    /// <param name="forScript">The page's script reads or writes it too. Nothing that is worth stealing.</param>
    public static void Write(HttpContext context, string name, string value, TimeSpan? age, bool forScript = false)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.Cookies.Append(NameOf(context, name), value, Options(context, age, forScript));
    }

    public static void Delete(HttpContext context, string name)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.Cookies.Delete(NameOf(context, name), Options(context, null, forScript: false));
    }

    private static CookieOptions Options(HttpContext context, TimeSpan? age, bool forScript) => new()
    {
        HttpOnly = !forScript,
        Secure = context.Request.IsHttps,
        // Lax, not Strict: who follows a link from a mail into the app is signed in there. Writes are guarded by ForgeryGuard.
        SameSite = SameSiteMode.Lax,
        Path = "/",
        MaxAge = age,
        IsEssential = true,
    };

    /// <summary>A cookie of the framework's under the same rules: it asks for the name at each request.</summary>
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
