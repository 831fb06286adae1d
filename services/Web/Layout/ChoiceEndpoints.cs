using LinkShort.Localization;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Layout;

/// <summary>
/// What visitors without an account or without script choose for this browser: the language and the theme. By links, or by forms where the page's
/// address, to which they return, contains a secret.
/// </summary>
public static class ChoiceEndpoints
{
    public static void MapChoices(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/app/language", SetLanguage).AllowAnonymous();
        routes.MapPost("/app/language", (HttpContext context, [FromForm] ChoiceForm form) => SetLanguage(context, form.To, form.ReturnUrl)).AllowAnonymous();
        routes.MapGet("/app/theme", SetTheme).AllowAnonymous();
        routes.MapPost("/app/theme", (HttpContext context, [FromForm] ChoiceForm form) => SetTheme(context, form.To, form.ReturnUrl)).AllowAnonymous();
    }

    public sealed class ChoiceForm
    {
        public string? To { get; init; }

        public string? ReturnUrl { get; init; }
    }

    /// <param name="to">A language without translation changes nothing.</param>
    public static Redirect SetLanguage(HttpContext context, string? to, string? returnUrl)
    {
        if (Language.Find(to) is { } language)
        {
            Viewer.KeepLanguage(context, language);
        }

        return Redirect.To(ReturnUrl.Checked(returnUrl));
    }

    /// <summary>With script, the page sets the same cookie.</summary>
    public static Redirect SetTheme(HttpContext context, string? to, string? returnUrl)
    {
        Viewer.KeepTheme(context, to);
        return Redirect.To(ReturnUrl.Checked(returnUrl));
    }
}
