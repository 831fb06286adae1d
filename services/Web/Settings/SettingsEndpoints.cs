using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
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
    }

    /// <summary>Empty removes optional values.</summary>
    public sealed class ProfileForm
    {
        public string? Name { get; init; }

        public string? Locale { get; init; }

        public string? TimeZone { get; init; }

        public string? Theme { get; init; }
    }

    public static async Task<Results<RazorComponentResult<SettingsPage>, ProblemPage>> ShowAsync(LinkShortApi api, CancellationToken cancellationToken) =>
        (await api.MeAsync(cancellationToken)).Succeeded(out var profile, out var problem)
            ? new RazorComponentResult<SettingsPage>(new
            {
                Form = new ProfileForm { Name = profile.Name, Locale = profile.Locale, TimeZone = profile.TimeZone, Theme = profile.Theme },
            })
            : new ProblemPage(problem);

    public static async Task<Results<Redirect, RazorComponentResult<SettingsPage>, ProblemPage>> SaveAsync(
        [FromForm] ProfileForm form, HttpContext context, LinkShortApi api, SessionRenewal renewal, Flash flash, Viewer viewer,
        CancellationToken cancellationToken)
    {
        var change = new ProfileChange(Optional(form.Name), form.Locale ?? "", Optional(form.TimeZone), Optional(form.Theme));
        if (!(await api.ChangeProfileAsync(change, cancellationToken)).Succeeded(out var profile, out var problem))
        {
            return problem.LeadsElsewhere ? new ProblemPage(problem) : new RazorComponentResult<SettingsPage>(new { Form = form, Problem = problem }) { StatusCode = problem.Status };
        }

        await renewal.ChangeAsync(session => session.With(profile), cancellationToken);
        Viewer.ForgetTheme(context);
        Viewer.KeepTheme(context, profile.Theme);
        // In the language that was chosen just now.
        var texts = TextCatalog.Of(typeof(SettingsEndpoints).Assembly).In(Language.Find(profile.Locale) ?? viewer.Language);
        flash.Set(new FlashMessage(texts["settings.saved"]));
        return Redirect.To("/app/settings");
    }

    private static string? Optional(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
