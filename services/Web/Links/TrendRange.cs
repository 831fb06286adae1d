using System.Globalization;
using LinkShort.Localization;

namespace LinkShort.Web.Links;

/// <summary>A period up to now that the trend can show.</summary>
/// <param name="Name">In the URL, such as <c>30d</c>.</param>
/// <param name="Interval">hour or day, as in the API.</param>
/// <param name="Count">Number of intervals, including the current one.</param>
public sealed record TrendRange(string Name, string Interval, int Count)
{
    public static readonly IReadOnlyList<TrendRange> All = [new("24h", "hour", 24), new("7d", "day", 7), new("30d", "day", 30), new("90d", "day", 90)];

    public static TrendRange Named(string? name) => All.FirstOrDefault(range => range.Name == name) ?? All[2];

    /// <returns>The API's <c>from</c>: a time for hours, and a date in the viewer's time zone for days.</returns>
    public string From(DateTimeOffset now, TimeZoneInfo zone) => Interval == "hour"
        ? now.AddHours(1 - Count).UtcDateTime.ToString("yyyy-MM-ddTHH:00:00Z", CultureInfo.InvariantCulture)
        : TimeZoneInfo.ConvertTime(now, zone).AddDays(1 - Count).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Of the period of the same length before this one.</summary>
    public string PreviousFrom(DateTimeOffset now, TimeZoneInfo zone) => Interval == "hour"
        ? now.AddHours(1 - (2 * Count)).UtcDateTime.ToString("yyyy-MM-ddTHH:00:00Z", CultureInfo.InvariantCulture)
        : TimeZoneInfo.ConvertTime(now, zone).AddDays(1 - (2 * Count)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <returns>The API's <c>to</c>: exclusive for a time, inclusive for a date.</returns>
    public string PreviousTo(DateTimeOffset now, TimeZoneInfo zone) => Interval == "hour"
        ? From(now, zone)
        : TimeZoneInfo.ConvertTime(now, zone).AddDays(-Count).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public string LabelOf(DateTimeOffset localStart, Language language) =>
        localStart.ToString(Interval == "hour" ? "HH:mm" : language.DayPattern, language.Culture);
}
