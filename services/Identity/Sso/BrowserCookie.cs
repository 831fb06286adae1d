using LinkShort.Identity.Domain;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Sso;

/// <summary>
/// What binds a sign-in to the browser that began it: without it, somebody could have a stranger's browser finish a sign-in of theirs. Web
/// has the same cookie, under the same name.
/// </summary>
public sealed class BrowserCookie(IOptions<IdentityServiceOptions> options, IOptions<SsoOptions> sso)
{
    private bool IsHttps => options.Value.PublicUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    private string Name => IsHttps ? "__Host-linkshort-sso" : "linkshort-sso";

    /// <summary>One value for all that one browser begins at the same time, in several tabs.</summary>
    public string ReadOrCreate(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Request.Cookies[Name] is { } known && OneTimeSecret.TryHash(known, out _) ? known : OneTimeSecret.Create().Value;
    }

    public void Write(HttpContext context, string browserKey)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.Cookies.Append(Name, browserKey, new CookieOptions
        {
            HttpOnly = true,
            Secure = IsHttps,
            // The provider's answer is a navigation from another site, which Lax lets through.
            SameSite = SameSiteMode.Lax,
            Path = "/",
            IsEssential = true,
            MaxAge = sso.Value.AttemptLifetime,
        });
    }
}
