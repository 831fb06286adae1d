using LinkShort.Localization;

namespace LinkShort.Web.Layout;

/// <summary>The language of visitors without an account.</summary>
public static class LanguageEndpoints
{
    public static void MapLanguage(this IEndpointRouteBuilder routes) => routes.MapGet("/app/language", SetLanguage).AllowAnonymous();

    /// <param name="to">A language without translation changes nothing.</param>
    public static Redirect SetLanguage(HttpContext context, string? to, string? returnUrl)
    {
        if (Language.Find(to) is { } language)
        {
            Viewer.KeepLanguage(context, language);
        }

        return Redirect.To(ReturnUrl.Checked(returnUrl));
    }
}
