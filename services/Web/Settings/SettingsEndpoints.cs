using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Problems;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Settings;

/// <summary>The user's own settings: name, language, time zone, theme.</summary>
public static class SettingsEndpoints
{
    public static void MapSettings(this IEndpointRouteBuilder routes)
    {
        var settings = routes.MapGroup("/app/settings").RequireAuthorization();
        settings.MapGet("/", ShowAsync);
        settings.MapPost("/", SaveAsync);
        settings.MapPost("/language", ChangeLanguageAsync);
    }

    /// <summary>Empty removes optional values.</summary>
    public sealed class ProfileForm
    {
        public string? Name { get; init; }

        public string? Locale { get; init; }

        public string? TimeZone { get; init; }

        public string? Theme { get; init; }

        /// <summary>on or off, in this browser.</summary>
        public string? SingleKeys { get; init; }
    }

    public sealed class LanguageForm
    {
        public string? Locale { get; init; }

        public string? ReturnUrl { get; init; }
    }

    public static async Task<Results<RazorComponentResult<SettingsPage>, ProblemPage>> ShowAsync(LinkShortApi api, Viewer viewer, CancellationToken cancellationToken) =>
        (await api.MeAsync(cancellationToken)).Succeeded(out var profile, out var problem)
            ? new RazorComponentResult<SettingsPage>(new
            {
                Form = new ProfileForm { Name = profile.Name, Locale = profile.Locale, TimeZone = profile.TimeZone, Theme = profile.Theme, SingleKeys = viewer.HasSingleKeys ? "on" : "off" },
            })
            : new ProblemPage(problem);

    public static async Task<Results<Redirect, RazorComponentResult<SettingsPage>, ProblemPage>> SaveAsync(
        [FromForm] ProfileForm form, HttpContext context, LinkShortApi api, SessionRenewal renewal, Flash flash, Texts texts,
        CancellationToken cancellationToken)
    {
        var change = new ProfileChange(Optional(form.Name), form.Locale ?? "", Optional(form.TimeZone) is { } zone ? Zones.IdOf(zone) : null, Optional(form.Theme));
        if (!(await api.ChangeProfileAsync(change, cancellationToken)).Succeeded(out var profile, out var problem))
        {
            if (problem.MessagesOf("timeZone").Count > 0)
            {
                problem = problem with { Errors = new Dictionary<string, string[]>(problem.Errors, StringComparer.OrdinalIgnoreCase) { ["timeZone"] = [texts["settings.timeZoneUnknown"]] } };
            }

            return problem.LeadsElsewhere ? new ProblemPage(problem) : new RazorComponentResult<SettingsPage>(new { Form = form, Problem = problem }) { StatusCode = problem.Status };
        }

        await renewal.ChangeAsync(session => session.With(profile), cancellationToken);
        Viewer.ForgetTheme(context);
        Viewer.KeepTheme(context, profile.Theme);
        Viewer.KeepSingleKeys(context, form.SingleKeys);
        // In the language that was chosen just now.
        var language = Language.Find(profile.Locale) ?? texts.Language;
        Viewer.KeepLanguage(context, language);
        flash.Set(new FlashMessage(TextCatalog.Of(typeof(SettingsEndpoints).Assembly).In(language)["settings.saved"]));
        return Redirect.To("/app/settings");
    }

    /// <summary>From the command menu. A language without translation is refused by the API.</summary>
    public static async Task<Results<Redirect, ProblemPage>> ChangeLanguageAsync(
        [FromForm] LanguageForm form, LinkShortApi api, SessionRenewal renewal, Flash flash, CancellationToken cancellationToken)
    {
        var back = ReturnUrl.Checked(form.ReturnUrl);
        if (!(await api.ChangeLanguageAsync(form.Locale ?? "", cancellationToken)).Succeeded(out var profile, out var problem))
        {
            return flash.Refuse(problem, back);
        }

        await renewal.ChangeAsync(session => session.With(profile), cancellationToken);
        return Redirect.To(back);
    }

    private static string? Optional(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
