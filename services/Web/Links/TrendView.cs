using System.Globalization;
using LinkShort.Localization;

namespace LinkShort.Web.Links;

/// <summary>The view of a trend, as in the URL.</summary>
public sealed record TrendQuery(string? Range, string? Interval, bool? Compare)
{
    public TrendView View => TrendView.Of(Range, Interval, Compare);
}

/// <summary>What a trend shows: the period, its division into points, and whether the period before is shown with it.</summary>
/// <param name="Interval">One of the range's, as in the API.</param>
public sealed record TrendView(TrendRange Range, string Interval, bool Compares)
{
    /// <summary>As in the URL. What the range does not have is replaced by its default.</summary>
    public static TrendView Of(string? range, string? interval, bool? compare) => new TrendView(TrendRange.Named(range), "", compare ?? true).By(interval);

    /// <summary>Keeps the interval if the range has it.</summary>
    public TrendView Over(TrendRange range) => (this with { Range = range }).By(Interval);

    public TrendView By(string? interval) => this with { Interval = interval is not null && Range.Intervals.Contains(interval) ? interval : Range.Intervals[0] };

    public string ToQuery() =>
        $"?range={Range.Name}{(Interval == Range.Intervals[0] ? "" : "&interval=" + Interval)}{(Compares ? "" : "&compare=false")}";

    /// <summary>
    /// The API's parameters: times for hours up to now, otherwise dates in the viewer's time zone. Weeks and months start at their beginning, so
    /// that the first point is whole; the last is the current one.
    /// </summary>
    /// <returns>
    /// <c>from</c> of the period; <c>from</c> and <c>to</c> of the period before, which has as many points. The API takes a time as the end, but
    /// includes the day of a date.
    /// </returns>
    public (string From, string PreviousFrom, string PreviousTo) Bounds(DateTimeOffset now, TimeZoneInfo zone)
    {
        if (Range.Unit == "hour")
        {
            var from = Hour(now.AddHours(1 - Range.Count));
            return (from, Hour(now.AddHours(1 - (2 * Range.Count))), from);
        }

        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
        var first = StartOf(Range.Unit == "month" ? FirstOfMonth(today).AddMonths(1 - Range.Count) : today.AddDays(1 - Range.Count));
        var days = today.DayNumber - first.DayNumber;
        var before = Interval switch
        {
            "month" => first.AddMonths(-(1 + (12 * (today.Year - first.Year)) + today.Month - first.Month)),
            "week" => first.AddDays(-7 * (1 + (days / 7))),
            _ => first.AddDays(-(1 + days)),
        };
        return (Day(first), Day(before), Day(first.AddDays(-1)));
    }

    /// <summary>Below the chart.</summary>
    public string LabelOf(DateTimeOffset localStart, Language language) => localStart.ToString(
        Interval switch
        {
            "month" => "MMM yyyy",
            "hour" when Range.Unit == "hour" => "HH:mm",
            "hour" => language.DayPattern + ", HH:mm",
            _ => language.DayPattern,
        },
        language.Culture);

    private DateOnly StartOf(DateOnly day) => Interval switch
    {
        // ISO 8601: Monday.
        "week" => day.AddDays(-(((int)day.DayOfWeek + 6) % 7)),
        "month" => FirstOfMonth(day),
        _ => day,
    };

    private static DateOnly FirstOfMonth(DateOnly day) => new(day.Year, day.Month, 1);

    private static string Hour(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:00:00Z", CultureInfo.InvariantCulture);

    private static string Day(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
