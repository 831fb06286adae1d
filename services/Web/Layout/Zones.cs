using System.Globalization;
using LinkShort.Values;

namespace LinkShort.Web.Layout;

/// <summary>The time zones to choose from, by the names of their cities and their offsets: <c>(UTC+01:00) Berlin</c>.</summary>
public static class Zones
{
    public const string Utc = "(UTC+00:00) UTC";

    /// <summary>IANA's zones of places, without the older names of the same zones (<c>US/Eastern</c>) and without zones of no place (<c>Etc/GMT+5</c>).</summary>
    private static readonly TimeZoneInfo[] All =
    [
        .. TimeZoneInfo.GetSystemTimeZones()
            .Where(zone => zone.HasIanaId && zone.Id.Split('/')[0] is "Africa" or "America" or "Antarctica" or "Arctic" or "Asia" or "Atlantic" or "Australia" or "Europe" or "Indian" or "Pacific"),
    ];

    /// <summary>Cities that two zones are named after, such as Louisville.</summary>
    private static readonly HashSet<string> Ambiguous =
        [.. All.GroupBy(zone => CityOf(zone.Id), StringComparer.OrdinalIgnoreCase).Where(zones => zones.Count() > 1).Select(zones => zones.Key)];

    /// <summary>From west to east.</summary>
    public static IEnumerable<string> NamesAt(DateTimeOffset now) =>
        All.Select(zone => (Offset: zone.GetUtcOffset(now), Name: NameOf(zone, now))).Append((TimeSpan.Zero, Utc))
            .OrderBy(zone => zone.Item1).ThenBy(zone => zone.Item2, StringComparer.Ordinal).Select(zone => zone.Item2);

    /// <param name="id">IANA name.</param>
    /// <returns>The text itself if there is no such zone.</returns>
    public static string NameOf(string id, DateTimeOffset now) =>
        id == "UTC" ? Utc : TimeZones.TryFind(id, out var zone) ? NameOf(zone, now) : id;

    /// <summary>
    /// The zone of what was typed or picked: a name with any offset, as it may have changed since the page was shown, a city, or an IANA name.
    /// </summary>
    /// <returns>The IANA name, or the text itself, for the API to refuse.</returns>
    public static string IdOf(string text)
    {
        var name = text.Trim();
        if (name.StartsWith('(') && name.IndexOf(')', StringComparison.Ordinal) is > 0 and var end)
        {
            name = name[(end + 1)..].Trim();
        }

        return name.Equals("UTC", StringComparison.OrdinalIgnoreCase) ? "UTC"
            : All.FirstOrDefault(zone => PlaceOf(zone.Id).Equals(name, StringComparison.OrdinalIgnoreCase))?.Id
            ?? (TimeZones.TryFind(name.Replace(' ', '_'), out var found) ? found.Id : text.Trim());
    }

    private static string NameOf(TimeZoneInfo zone, DateTimeOffset now)
    {
        var offset = zone.GetUtcOffset(now);
        var hours = offset.Duration().ToString("hh\\:mm", CultureInfo.InvariantCulture);
        return $"(UTC{(offset < TimeSpan.Zero ? '-' : '+')}{hours}) {PlaceOf(zone.Id)}";
    }

    /// <summary>The city, and where needed what tells it apart from another one: <c>Louisville, Kentucky</c>.</summary>
    private static string PlaceOf(string id)
    {
        if (Array.TrueForAll(All, zone => zone.Id != id))
        {
            // An older name, which stays as it was chosen.
            return id;
        }

        var city = CityOf(id);
        return Ambiguous.Contains(city) ? $"{city}, {id.Split('/')[^2].Replace('_', ' ')}" : city;
    }

    private static string CityOf(string id) => id[(id.LastIndexOf('/') + 1)..].Replace('_', ' ');
}
