using System.Globalization;
using LinkShort.Contracts;

namespace LinkShort.Redirect.Rules;

/// <summary>
/// Whether the local time in a time zone is within a window. The bounds are wall-clock times, so they follow daylight saving: the hour
/// skipped in spring never matches, and the hour repeated in autumn matches twice. A window whose end isn't after its start spans midnight
/// and belongs to the day on which it starts.
/// </summary>
internal sealed class TimeWindowCondition : Condition
{
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    private readonly TimeZoneInfo? _zone;
    private readonly TimeSpan _from;
    private readonly TimeSpan _to;
    private readonly bool[] _days;

    public TimeWindowCondition(TimeWindow window)
    {
        _zone = window.TimeZone is null
            ? TimeZoneInfo.Utc
            // A time zone unknown to this machine: the window never matches.
            : TimeZoneInfo.TryFindSystemTimeZoneById(window.TimeZone, out var zone) ? zone : null;
        _from = TimeOf(window.From);
        _to = TimeOf(window.To);
        _days = [.. Days.Select(day => window.Days is not { Count: > 0 } days || days.Contains(day, StringComparer.OrdinalIgnoreCase))];
    }

    public override bool Holds(Visit visit, DateTimeOffset now)
    {
        if (_zone is null)
        {
            return false;
        }

        var local = TimeZoneInfo.ConvertTime(now, _zone);
        var time = local.TimeOfDay;
        var today = (int)local.DayOfWeek;
        if (_from < _to)
        {
            return time >= _from && time < _to && _days[today];
        }

        return time >= _from ? _days[today] : time < _to && _days[(today + 6) % 7];
    }

    /// <summary><c>24:00</c>, the midnight at the end of a day, is treated as <c>00:00</c>.</summary>
    private static TimeSpan TimeOf(string? time) =>
        TimeOnly.TryParseExact(time, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var parsed) ? parsed.ToTimeSpan() : TimeSpan.Zero;
}
