using System.Globalization;
using LinkShort.Web.Api;

namespace LinkShort.Web.Links;

/// <summary>A stretch of time up to now that the trend can show.</summary>
/// <param name="Name">In the address, such as <c>30d</c>.</param>
/// <param name="Interval">hour or day, as the API takes it.</param>
/// <param name="Count">How many intervals, the running one included.</param>
public sealed record TrendRange(string Name, string Label, string Interval, int Count)
{
    public static readonly IReadOnlyList<TrendRange> All =
    [
        new("24h", "24 hours", "hour", 24),
        new("7d", "7 days", "day", 7),
        new("30d", "30 days", "day", 30),
        new("90d", "90 days", "day", 90),
    ];

    public static TrendRange Named(string? name) => All.FirstOrDefault(range => range.Name == name) ?? All[2];

    /// <summary>The beginnings of the intervals, oldest first. Days begin at midnight in <paramref name="zone"/>, also over a change of the clocks.</summary>
    public IReadOnlyList<DateTimeOffset> BucketsUntil(DateTimeOffset now, TimeZoneInfo zone)
    {
        if (Interval == "hour")
        {
            var hour = new DateTimeOffset(now.UtcDateTime.Date.AddHours(now.UtcDateTime.Hour), TimeSpan.Zero);
            return [.. Enumerable.Range(0, Count).Select(i => hour.AddHours(i - Count + 1))];
        }

        var today = TimeZoneInfo.ConvertTime(now, zone).Date;
        return [.. Enumerable.Range(0, Count).Select(i => Midnight(today.AddDays(i - Count + 1), zone))];
    }

    public string LabelOf(DateTimeOffset localStart) =>
        localStart.ToString(Interval == "hour" ? "HH:mm" : "d MMM", CultureInfo.GetCultureInfo("en-US"));

    private static DateTimeOffset Midnight(DateTime date, TimeZoneInfo zone)
    {
        // Some zones change their clocks at midnight: the day begins an hour later then.
        var start = zone.IsInvalidTime(date) ? date.AddHours(1) : date;
        return new DateTimeOffset(start, zone.GetUtcOffset(start)).ToUniversalTime();
    }
}

/// <summary>The API's points put into the shown intervals, with zeros where nothing happened.</summary>
public static class Trend
{
    public static IReadOnlyList<TrendPoint> Fill(IReadOnlyList<DateTimeOffset> buckets, IEnumerable<TrendPoint> points)
    {
        ArgumentNullException.ThrowIfNull(buckets);
        ArgumentNullException.ThrowIfNull(points);
        var filled = buckets.Select(start => new TrendPoint(start, 0, 0, 0)).ToArray();
        foreach (var point in points)
        {
            var i = filled.Length - 1;
            while (i > 0 && filled[i].Start > point.Start)
            {
                i--;
            }

            filled[i] = filled[i] with
            {
                Clicks = filled[i].Clicks + point.Clicks,
                Visitors = filled[i].Visitors + point.Visitors,
                BotClicks = filled[i].BotClicks + point.BotClicks,
            };
        }

        return filled;
    }
}
