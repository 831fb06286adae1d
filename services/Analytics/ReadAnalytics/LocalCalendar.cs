namespace LinkShort.Analytics.ReadAnalytics;

/// <summary>The starts of hours, days, weeks and months in a time zone, across changes of its clocks.</summary>
public sealed class LocalCalendar(TimeZoneInfo zone)
{
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(15);

    /// <returns>The date that clocks in the zone show at <paramref name="utc"/>.</returns>
    public DateOnly DateOf(DateTime utc) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeFromUtc(utc, zone));

    /// <returns>Start of the day in UTC: midnight, or the first moment after it if the clocks skip midnight.</returns>
    public DateTime StartOf(DateOnly date)
    {
        var local = date.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(local))
        {
            local += Step;
        }

        // If midnight occurs twice, the day starts at the first one, which has the larger offset.
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return DateTime.SpecifyKind(local - offset, DateTimeKind.Utc);
    }

    /// <returns>The start (UTC) of the interval that <paramref name="utc"/> lies in.</returns>
    public DateTime Floor(DateTime utc, Interval interval)
    {
        if (interval == Interval.Hour)
        {
            // By the current offset, so that the repeated hour in autumn is two separate hours.
            var local = utc + zone.GetUtcOffset(utc);
            return utc.AddTicks(-(local.Ticks % TimeSpan.TicksPerHour));
        }

        return StartOf(FirstDay(DateOf(utc), interval));
    }

    /// <returns>The start (UTC) of the interval after the one that starts at <paramref name="start"/>.</returns>
    public DateTime Next(DateTime start, Interval interval)
    {
        if (interval == Interval.Hour)
        {
            var next = start.AddHours(1);
            // Where clocks change by half an hour (Lord Howe Island), one interval is shorter or longer.
            var aligned = Floor(next, interval);
            return aligned > start ? aligned : next;
        }

        var day = FirstDay(DateOf(start), interval);
        return StartOf(interval switch
        {
            Interval.Day => day.AddDays(1),
            Interval.Week => day.AddDays(7),
            _ => day.AddMonths(1),
        });
    }

    private static DateOnly FirstDay(DateOnly date, Interval interval) => interval switch
    {
        Interval.Week => date.AddDays(-(((int)date.DayOfWeek + 6) % 7)),
        Interval.Month => new DateOnly(date.Year, date.Month, 1),
        _ => date,
    };
}
