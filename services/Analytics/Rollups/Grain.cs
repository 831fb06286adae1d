namespace LinkShort.Analytics.Rollups;

/// <summary>
/// The length of the period that a rollup row covers, in UTC. Days and hours make long ranges cheap; quarter hours are the finest grain
/// because midnight falls on one in every current time zone (Kathmandu is at +05:45).
/// </summary>
public enum Grain : short
{
    Quarter = 0,
    Hour = 1,
    Day = 2,
}

public static class Grains
{
    public static TimeSpan Length(this Grain grain) => grain switch
    {
        Grain.Quarter => TimeSpan.FromMinutes(15),
        Grain.Hour => TimeSpan.FromHours(1),
        _ => TimeSpan.FromDays(1),
    };

    /// <returns>The start of the period that <paramref name="time"/> (UTC) lies in.</returns>
    public static DateTime Floor(this Grain grain, DateTime time) => time.AddTicks(-(time.Ticks % grain.Length().Ticks));

    /// <returns>The first start of a period at or after <paramref name="time"/> (UTC).</returns>
    public static DateTime Ceiling(this Grain grain, DateTime time)
    {
        var floor = grain.Floor(time);
        return floor == time ? time : floor + grain.Length();
    }

    /// <summary>The fewest rollup rows that cover [from, to): whole days, and hours and quarters at the edges.</summary>
    /// <param name="from">UTC, on a quarter.</param>
    /// <param name="to">UTC, on a quarter.</param>
    public static IEnumerable<Segment> Cover(DateTime from, DateTime to) =>
        Inner(Grain.Hour, Grain.Quarter, from, to, (start, end) => Inner(Grain.Day, Grain.Hour, start, end, (first, last) => [new Segment(Grain.Day, first, last)]));

    private static IEnumerable<Segment> Inner(
        Grain coarse, Grain fine, DateTime from, DateTime to, Func<DateTime, DateTime, IEnumerable<Segment>> whole)
    {
        var (first, last) = (coarse.Ceiling(from), coarse.Floor(to));
        if (first >= last)
        {
            return from < to ? [new Segment(fine, from, to)] : [];
        }

        return
        [
            .. from < first ? [new Segment(fine, from, first)] : Array.Empty<Segment>(),
            .. whole(first, last),
            .. last < to ? [new Segment(fine, last, to)] : Array.Empty<Segment>(),
        ];
    }
}

/// <summary>The rows of one grain that start in [From, To).</summary>
public readonly record struct Segment(Grain Grain, DateTime From, DateTime To);
