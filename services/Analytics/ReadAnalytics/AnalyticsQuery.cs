using System.Globalization;
using LinkShort.Analytics.Rollups;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Json;
using LinkShort.Values;

namespace LinkShort.Analytics.ReadAnalytics;

/// <summary>One point of a trend: the part [From, To) of the calendar interval that starts at Start.</summary>
/// <param name="Start">UTC; at the edges of the range, Start can be before From.</param>
public readonly record struct Bucket(DateTime Start, DateTime From, DateTime To);

/// <summary>The validated range and calendar of a query.</summary>
/// <param name="From">UTC, inclusive, on a quarter hour.</param>
/// <param name="To">UTC, exclusive, on a quarter hour.</param>
public sealed record AnalyticsQuery(DateTime From, DateTime To, Interval Interval, string TimeZone, IReadOnlyList<Bucket> Buckets)
{
    /// <summary>Two months by hour, four years by day.</summary>
    public const int MaxBuckets = 1_500;

    /// <summary>The default range, today included.</summary>
    public const int DefaultDays = 30;

    private static readonly DateTime Earliest = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime Latest = new(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <param name="from">
    /// RFC 3339 time, or a date in <paramref name="tz"/>. Default: 30 days, including the last day of the range. Rounded down to a quarter
    /// hour.
    /// </param>
    /// <param name="to">RFC 3339 time (exclusive), or a date (that day included). Default: now.</param>
    /// <param name="interval">hour, day (default), week or month.</param>
    /// <param name="tz">IANA time zone, default UTC.</param>
    /// <returns>Null, with <paramref name="errors"/> added, if a parameter is invalid.</returns>
    public static AnalyticsQuery? Parse(string? from, string? to, string? interval, string? tz, DateTimeOffset now, ValidationErrors errors)
    {
        var zone = ParseZone(tz, errors);
        var length = ParseInterval(interval, errors);
        var calendar = new LocalCalendar(zone ?? TimeZoneInfo.Utc);
        var end = ParseTime("to", to, calendar, endOfDay: true, errors) ?? Grain.Quarter.Floor(now.UtcDateTime) + Grain.Quarter.Length();
        var start = ParseTime("from", from, calendar, endOfDay: false, errors)
            ?? calendar.StartOf(calendar.DateOf(end.AddTicks(-1)).AddDays(1 - DefaultDays));
        if (errors.Any || zone is null || length is null)
        {
            return null;
        }

        (start, end) = (Grain.Quarter.Floor(start), Grain.Quarter.Ceiling(end));
        if (start >= end)
        {
            errors.Add("from", AnalyticsTexts.Of("query.beforeTo"));
            return null;
        }

        var buckets = BucketsOf(start, end, length.Value, calendar);
        if (buckets is null)
        {
            var message = AnalyticsTexts.Of("query.tooManyPoints", ("max", MaxBuckets));
            errors.Add("interval", message).Add("from", message);
            return null;
        }

        return new AnalyticsQuery(start, end, length.Value, tz is null or "" ? "UTC" : tz, buckets);
    }

    private static List<Bucket>? BucketsOf(DateTime from, DateTime to, Interval interval, LocalCalendar calendar)
    {
        var buckets = new List<Bucket>();
        for (var start = calendar.Floor(from, interval); start < to;)
        {
            if (buckets.Count == MaxBuckets)
            {
                return null;
            }

            var next = calendar.Next(start, interval);
            buckets.Add(new Bucket(start, start < from ? from : start, next > to ? to : next));
            start = next;
        }

        return buckets;
    }

    private static Interval? ParseInterval(string? text, ValidationErrors errors)
    {
        switch (text)
        {
            case null or "":
                return ReadAnalytics.Interval.Day;
            case "hour":
                return ReadAnalytics.Interval.Hour;
            case "day":
                return ReadAnalytics.Interval.Day;
            case "week":
                return ReadAnalytics.Interval.Week;
            case "month":
                return ReadAnalytics.Interval.Month;
            default:
                errors.Add("interval", FieldRules.OneOf("hour", "day", "week", "month"));
                return null;
        }
    }

    private static TimeZoneInfo? ParseZone(string? text, ValidationErrors errors)
    {
        if (string.IsNullOrEmpty(text))
        {
            return TimeZoneInfo.Utc;
        }

        if (TimeZones.TryFind(text, out var zone))
        {
            return zone;
        }

        errors.Add("tz", AnalyticsTexts.Of("query.timeZone"));
        return null;
    }

    private static DateTime? ParseTime(string field, string? text, LocalCalendar calendar, bool endOfDay, ValidationErrors errors)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        DateTime? time = null;
        string? error = null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
        {
            if (date.Year is >= 2000 and < 2100)
            {
                time = calendar.StartOf(endOfDay ? date.AddDays(1) : date);
            }
        }
        else if (Rfc3339.TryParse(text, out var instant, out error))
        {
            time = instant.UtcDateTime;
        }

        if (time is null || time < Earliest.AddDays(-1) || time > Latest.AddDays(1))
        {
            errors.Add(field, error is null or Rfc3339.Rule ? AnalyticsTexts.Of("query.time") : JsonTexts.Of(error));
            return null;
        }

        return time;
    }
}
