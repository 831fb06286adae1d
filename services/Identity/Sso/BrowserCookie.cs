using LinkShort.Identity.Domain;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Sso;

/// <summary>
/// Binds a sign-in to the browser that started it. Otherwise an attacker could make someone else's browser complete their sign-in. Web
/// sets the same cookie, under the same name.
/// </summary>
public sealed class BrowserCookie(IOptions<IdentityServiceOptions> options, IOptions<SsoOptions> sso)
{
    private bool IsHttps => options.Value.PublicUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    private string Name => IsHttps ? "__Host-linkshort-sso" : "linkshort-sso";

    /// <summary>All tabs of a browser share one value.</summary>
    public string ReadOrCreate(HttpContext context)
    {
        return context.Request.Cookies[Name] is { } known && OneTimeSecret.TryHash(known, out _) ? known : OneTimeSecret.Create().Value;
    }

    public void Write(HttpContext context, string browserKey)
    {
        context.Response.Cookies.Append(Name, browserKey, new CookieOptions
        {
            HttpOnly = true,
            Secure = IsHttps,
            // The provider's response is a cross-site navigation, which Lax allows.
            SameSite = SameSiteMode.Lax,
            Path = "/",
            IsEssential = true,
            MaxAge = sso.Value.AttemptLifetime,
        });
    }
}
