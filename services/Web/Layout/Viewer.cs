using System.Globalization;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Layout;

/// <summary>
/// How this visitor sees things: theme and time zone, as they chose, or else as told by cookies that the pages' script sets. Without
/// either: the system's theme, and UTC.
/// </summary>
public sealed class Viewer(IHttpContextAccessor contexts, CurrentSession session)
{
    public const string ThemeCookie = "theme";
    public const string TimeZoneCookie = "tz";

    private static readonly CultureInfo Culture = CultureInfo.GetCultureInfo("en-US");

    private TimeZoneInfo? _zone;

    /// <summary>light, dark, or null for what the system says.</summary>
    public string? Theme => Cookie(ThemeCookie) is ("light" or "dark") and var theme ? theme : null;

    /// <summary>IANA name, from the settings; null: as the device has it.</summary>
    public string? ChosenTimeZone => session.Current?.TimeZone;

    public TimeZoneInfo TimeZone => _zone ??=
        (ChosenTimeZone ?? Cookie(TimeZoneCookie)) is { Length: > 0 and <= 64 } id && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) && zone.HasIanaId
            ? zone
            : TimeZoneInfo.Utc;

    /// <summary>IANA name, as the API takes it.</summary>
    public string TimeZoneName => TimeZone == TimeZoneInfo.Utc ? "UTC" : TimeZone.Id;

    /// <summary>Makes a theme this browser's; null leaves it as it is.</summary>
    public static void KeepTheme(HttpContext context, string? theme)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (theme is "light" or "dark")
        {
            // Scripts set it too.
            HostCookie.Write(context, ThemeCookie, theme, TimeSpan.FromDays(365), forScript: true);
        }
    }

    /// <summary>From now on as the device has it.</summary>
    public static void ForgetTheme(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
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
