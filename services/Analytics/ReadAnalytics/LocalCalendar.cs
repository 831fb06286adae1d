namespace LinkShort.Analytics.ReadAnalytics;

/// <summary>The starts of hours, days, weeks and months in a time zone, across changes of its clocks.</summary>
public sealed class LocalCalendar(TimeZoneInfo zone)
{
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(15);

    /// <returns>The date that clocks in the zone show at <paramref name="utc"/>.</returns>
    public DateOnly DateOf(DateTime utc) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeFromUtc(utc, zone));

    /// <returns>
    /// Start of the day in UTC: midnight, or the first moment after it if the clocks skip midnight. If midnight occurs twice, the first one.
    /// </returns>
    public DateTime StartOf(DateOnly date)
    {
        var midnight = DateTime.SpecifyKind(date.ToDateTime(TimeOnly.MinValue), DateTimeKind.Utc);
        // Checked against DateOf, so that both agree: TimeZoneInfo's rules for local times don't cover every change of a zone
        // (America/Asuncion, 2024-10-06).
        var start = midnight - LargestOffset(midnight);
        while (DateOf(start) < date)
        {
            start += Step;
        }

        return start;
    }

    /// <returns>The start (UTC) of the interval that <paramref name="utc"/> lies in.</returns>
    public DateTime Floor(DateTime utc, Interval interval)
    {
        if (interval == Interval.Hour)
        {
            // Where clocks change by half an hour (Lord Howe Island), what would start an hour lies within the previous one, which is longer.
            var hour = FullHour(utc);
            while (FullHour(hour) is var earlier && earlier != hour)
            {
                hour = earlier;
            }

            return hour;
        }

        var start = StartOf(FirstDay(DateOf(utc), interval));
        // Clocks that go back over midnight show the previous date again: that hour belongs to the day that had begun.
        for (var next = Next(start, interval); next <= utc; next = Next(start, interval))
        {
            start = next;
        }

        return start;
    }

    /// <returns>The start (UTC) of the interval after the one that starts at <paramref name="start"/>, always later.</returns>
    public DateTime Next(DateTime start, Interval interval)
    {
        if (interval == Interval.Hour)
        {
            var hour = start.AddHours(1);
            while (FullHour(hour) != hour)
            {
                hour += Step;
            }

            return hour;
        }

        var first = FirstDay(DateOf(start), interval);
        for (var count = 1; ; count++)
        {
            var next = StartOf(interval switch
            {
                Interval.Day => first.AddDays(count),
                Interval.Week => first.AddDays(7 * count),
                _ => first.AddMonths(count),
            });
            // A zone that moves across the date line skips a day (Pacific/Apia, 2011-12-30): it starts where the next one does.
            if (next > start)
            {
                return next;
            }
        }
    }

    /// <returns>The largest offset from UTC within a day of the local midnight.</returns>
    private TimeSpan LargestOffset(DateTime midnight) =>
        new[] { zone.GetUtcOffset(midnight.AddDays(-1)), zone.GetUtcOffset(midnight), zone.GetUtcOffset(midnight.AddDays(1)) }.Max();

    /// <returns>The full hour by the offset at <paramref name="utc"/>, so that the repeated hour in autumn is two separate hours.</returns>
    private DateTime FullHour(DateTime utc) => utc.AddTicks(-((utc + zone.GetUtcOffset(utc)).Ticks % TimeSpan.TicksPerHour));

    private static DateOnly FirstDay(DateOnly date, Interval interval) => interval switch
    {
        Interval.Week => date.AddDays(-(((int)date.DayOfWeek + 6) % 7)),
        Interval.Month => new DateOnly(date.Year, date.Month, 1),
        _ => date,
    };
}
