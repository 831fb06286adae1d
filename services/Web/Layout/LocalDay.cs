using System.Globalization;

namespace LinkShort.Web.Layout;

/// <summary>Days of date fields, in the viewer's time zone, as instants for the API.</summary>
public static class LocalDay
{
    /// <param name="day">yyyy-MM-dd.</param>
    /// <param name="plusDays">0 for the start of the day, 1 for its end.</param>
    /// <returns>An RFC 3339 time; null without a day. Invalid dates are returned as they are, for the API to refuse.</returns>
    public static string? Start(string? day, int plusDays, TimeZoneInfo zone)
    {
        if (string.IsNullOrWhiteSpace(day))
        {
            return null;
        }

        if (!DateOnly.TryParseExact(day.Trim(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) || date.Year is < 1000 or > 9000)
        {
            return day.Trim();
        }

        var midnight = date.AddDays(plusDays).ToDateTime(TimeOnly.MinValue, DateTimeKind.Unspecified);
        // Where the clock skips midnight, the day starts later.
        while (zone.IsInvalidTime(midnight))
        {
            midnight = midnight.AddMinutes(30);
        }

        return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight)).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
    }
}
