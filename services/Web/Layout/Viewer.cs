using LinkShort.Localization;
using LinkShort.Values;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Layout;

/// <summary>
/// The visitor's language, theme and time zone: their settings, or this browser's cookies. Without either: the browser's language, the
/// system's theme, and UTC.
/// </summary>
public sealed class Viewer(IHttpContextAccessor contexts, CurrentSession session, PseudoLanguage pseudo)
{
    public const string ThemeCookie = "theme";
    public const string TimeZoneCookie = "tz";

    public const string LanguageCookie = "lang";

    private const string SingleKeysCookie = "single-keys";

    private TimeZoneInfo? _zone;
    private Language? _language;
    private string? _theme;

    public Language Language => _language ??=
        pseudo.IsAllowed && Cookie(LanguageCookie) == Language.Pseudo.Code ? Language.Pseudo
        : Language.Find(session.Current?.Locale) ?? Language.Find(Cookie(LanguageCookie))
        ?? Language.PreferredOf(contexts.HttpContext?.Request.Headers.AcceptLanguage) ?? Language.English;

    /// <summary>light, dark, or null for the system's theme.</summary>
    public string? Theme => (_theme ?? Cookie(ThemeCookie)) is ("light" or "dark") and var theme ? theme : null;

    /// <summary>IANA name from the settings; null for the device's time zone.</summary>
    public string? ChosenTimeZone => session.Current?.TimeZone;

    public TimeZoneInfo TimeZone => _zone ??=
        TimeZones.TryFind(ChosenTimeZone ?? Cookie(TimeZoneCookie), out var zone) ? zone : TimeZoneInfo.Utc;

    /// <summary>IANA name for the API.</summary>
    public string TimeZoneName => TimeZone == TimeZoneInfo.Utc ? "UTC" : TimeZone.Id;

    /// <summary>Shows this response in another theme or language; null keeps the viewer's. Before texts are read.</summary>
    public void ShowAs(string? theme, Language? language) => (_theme, _language) = (theme, language);

    /// <summary>Stores a theme in this browser; null keeps the current one.</summary>
    public static void KeepTheme(HttpContext context, string? theme)
    {
        if (theme is "light" or "dark")
        {
            // The script sets it, too.
            HostCookie.Write(context, ThemeCookie, theme, TimeSpan.FromDays(365), forScript: true);
        }
    }

    /// <summary>Switches back to the device's theme.</summary>
    public static void ForgetTheme(HttpContext context)
    {
        HostCookie.Delete(context, ThemeCookie);
    }

    /// <summary>Whether single characters are commands (WCAG 2.1.4). A setting of the browser, because its user's input device is the reason to turn them off.</summary>
    public bool HasSingleKeys => Cookie(SingleKeysCookie) != "off";

    /// <param name="choice">on or off; null keeps the current one.</param>
    public static void KeepSingleKeys(HttpContext context, string? choice)
    {
        if (choice == "off")
        {
            HostCookie.Write(context, SingleKeysCookie, choice, TimeSpan.FromDays(365));
        }
        else if (choice == "on")
        {
            HostCookie.Delete(context, SingleKeysCookie);
        }
    }

    /// <summary>Stores a language in this browser, for visitors without an account.</summary>
    public static void KeepLanguage(HttpContext context, Language language) =>
        HostCookie.Write(context, LanguageCookie, language.Code, TimeSpan.FromDays(365));

    public string DateAndTime(DateTimeOffset at) =>
        Date(at) + Local(at).ToString(", HH:mm", Language.Culture) + (TimeZone == TimeZoneInfo.Utc ? " UTC" : "");

    public string Date(DateTimeOffset at) => Language.Date(DateOnly.FromDateTime(Local(at).DateTime));

    public DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, TimeZone);

    public string Number(long value) => value.ToString("N0", Language.Culture);

    /// <param name="amount">In minor units.</param>
    /// <param name="currency">ISO 4217, lower case.</param>
    public string Money(long amount, string currency) => MoneyText.Of(amount, currency, Language);

    private string? Cookie(string name) => contexts.HttpContext is { } context ? HostCookie.Read(context, name) : null;
}

/// <param name="IsAllowed">Whether the language cookie may choose <see cref="Language.Pseudo"/>: for development and tests.</param>
public sealed record PseudoLanguage(bool IsAllowed);
