using LinkShort.Localization;
using LinkShort.Web.Api;

namespace LinkShort.Web.Links;

/// <summary>The API's counts as short lists with readable names. A list with nothing but "unknown" is empty.</summary>
public static class Breakdown
{
    private const int Length = 6;

    public static IReadOnlyList<NamedCount> Referrers(Analytics analytics, Texts texts) =>
        [.. (analytics.TopReferrers ?? []).Take(Length).Select(row => row.Name == "direct" ? row with { Name = texts["links.direct"] } : row)];

    public static IReadOnlyList<NamedCount> Countries(Analytics analytics, Texts texts) => Short(
        Geo(analytics).Select(country => new NamedCount(country.Key, country.Value.Values.Sum())).OrderByDescending(row => row.Clicks),
        code => CountryName(code, texts));

    /// <summary>Cities with their country: there is a Paris in Texas.</summary>
    public static IReadOnlyList<NamedCount> Cities(Analytics analytics, Texts texts) =>
        [.. Geo(analytics)
            .SelectMany(country => country.Value.Where(city => city.Key != "Unknown")
                .Select(city => new NamedCount(CityName(city.Key, country.Key, texts), city.Value)))
            .OrderByDescending(row => row.Clicks).ThenBy(row => row.Name, StringComparer.Ordinal).Take(Length)];

    /// <summary>Devices and browsers.</summary>
    public static IReadOnlyList<NamedCount> Named(IEnumerable<NamedCount>? rows, Texts texts) => Short(rows ?? [], value => NameOf(value, texts));

    /// <summary>By their names in the viewer's language.</summary>
    public static IReadOnlyList<NamedCount> Languages(IEnumerable<NamedCount>? rows, Texts texts) => Short(rows ?? [], tag => LanguageName(tag, texts));

    /// <summary>As their owner named them.</summary>
    public static IReadOnlyList<NamedCount> Variants(Analytics analytics) => [.. (analytics.Variants ?? []).Where(row => row.Name.Length > 0)];

    /// <param name="tag">BCP 47, or unknown.</param>
    private static string LanguageName(string tag, Texts texts)
    {
        if (texts.Find("links.value." + tag.ToLowerInvariant()) is { } known)
        {
            return known;
        }

        try
        {
            // In the language itself, as language switches do: every installation has these names.
            var name = System.Globalization.CultureInfo.GetCultureInfo(tag, predefinedOnly: true).NativeName;
            return name.Length > 0 && char.IsLower(name[0]) ? char.ToUpperInvariant(name[0]) + name[1..] : name;
        }
        catch (System.Globalization.CultureNotFoundException)
        {
            return tag;
        }
    }

    /// <param name="code">ISO 3166-1 alpha-2, or Unknown.</param>
    internal static string CountryName(string code, Texts texts) => texts.Find("countries." + code) ?? NameOf(code, texts);

    /// <param name="city">By its English name.</param>
    /// <param name="code">Of its country.</param>
    internal static string CityName(string city, string code, Texts texts) => texts["links.place", ("city", city), ("country", CountryName(code, texts))];

    private static IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>> Geo(Analytics analytics) =>
        analytics.Geo ?? new Dictionary<string, IReadOnlyDictionary<string, long>>();

    private static NamedCount[] Short(IEnumerable<NamedCount> rows, Func<string, string> nameOf)
    {
        NamedCount[] first = [.. rows.Take(Length)];
        return first is [{ Name: "unknown" or "Unknown" or "other" or "Other" }] ? [] : [.. first.Select(row => row with { Name = nameOf(row.Name) })];
    }

    /// <returns>A brand's name, such as a browser's, is the same in all languages, and iOS keeps its small letter.</returns>
    private static string NameOf(string value, Texts texts) =>
        texts.Find("links.value." + value.ToLowerInvariant())
        ?? (value.Length > 0 && !value.Any(char.IsUpper) ? char.ToUpperInvariant(value[0]) + value[1..] : value);
}
