using System.Globalization;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Layout;

/// <summary>
/// The visitor's theme and time zone: their settings, or cookies set by the pages' script. Without either: the system's theme, and
/// UTC.
/// </summary>
public sealed class Viewer(IHttpContextAccessor contexts, CurrentSession session)
{
    public const string ThemeCookie = "theme";
    public const string TimeZoneCookie = "tz";

    private static readonly CultureInfo Culture = CultureInfo.GetCultureInfo("en-US");

    private TimeZoneInfo? _zone;

    /// <summary>light, dark, or null for the system's theme.</summary>
    public string? Theme => Cookie(ThemeCookie) is ("light" or "dark") and var theme ? theme : null;

    /// <summary>IANA name from the settings; null for the device's time zone.</summary>
    public string? ChosenTimeZone => session.Current?.TimeZone;

    public TimeZoneInfo TimeZone => _zone ??=
        (ChosenTimeZone ?? Cookie(TimeZoneCookie)) is { Length: > 0 and <= 64 } id && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) && zone.HasIanaId
            ? zone
            : TimeZoneInfo.Utc;

    /// <summary>IANA name for the API.</summary>
    public string TimeZoneName => TimeZone == TimeZoneInfo.Utc ? "UTC" : TimeZone.Id;

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

    public string DateAndTime(DateTimeOffset at) =>
        Local(at).ToString("d MMM yyyy, HH:mm", Culture) + (TimeZone == TimeZoneInfo.Utc ? " UTC" : "");

    public string Date(DateTimeOffset at) => Local(at).ToString("d MMM yyyy", Culture);

    public DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, TimeZone);

    public static string Number(long value) => value.ToString("N0", Culture);

    public static string Count(long value, string one, string many) => $"{Number(value)} {(value == 1 ? one : many)}";

    private string? Cookie(string name) => contexts.HttpContext is { } context ? HostCookie.Read(context, name) : null;
}
