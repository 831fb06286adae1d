using System.Globalization;
using LinkShort.Web.Api;

namespace LinkShort.Web.Links;

/// <summary>The API's counts as short lists with readable names. A list with nothing but "unknown" is empty.</summary>
public static class Breakdown
{
    private const int Length = 6;

    public static IReadOnlyList<NamedCount> Referrers(Analytics analytics)
    {
        return [.. (analytics.TopReferrers ?? []).Take(Length).Select(row => row.Name == "direct" ? row with { Name = "Direct or unknown" } : row)];
    }

    public static IReadOnlyList<NamedCount> Countries(Analytics analytics)
    {
        var countries = (analytics.Geo ?? new Dictionary<string, IReadOnlyDictionary<string, long>>())
            .Select(country => new NamedCount(CountryName(country.Key), country.Value.Values.Sum()));
        return Named(countries.OrderByDescending(row => row.Clicks));
    }

    /// <summary>Cities with their country: there is a Paris in Texas.</summary>
    public static IReadOnlyList<NamedCount> Cities(Analytics analytics)
    {
        return [.. (analytics.Geo ?? new Dictionary<string, IReadOnlyDictionary<string, long>>())
            .SelectMany(country => country.Value.Where(city => city.Key != "Unknown").Select(city => new NamedCount($"{city.Key}, {CountryName(country.Key)}", city.Value)))
            .OrderByDescending(row => row.Clicks).ThenBy(row => row.Name, StringComparer.Ordinal).Take(Length)];
    }

    public static IReadOnlyList<NamedCount> Named(IEnumerable<NamedCount>? rows)
    {
        NamedCount[] named = [.. (rows ?? []).Take(Length).Select(row => row with { Name = Capitalized(row.Name) })];
        return named is [{ Name: "Unknown" or "Other" }] ? [] : named;
    }

    internal static string CountryName(string code)
    {
        if (code.Length == 2 && code.All(char.IsAsciiLetterUpper))
        {
            try
            {
                return new RegionInfo(code).EnglishName;
            }
            catch (ArgumentException)
            {
                // This system's culture data doesn't have the code, so the code is shown.
            }
        }

        return code;
    }

    private static string Capitalized(string name) => name.Length > 0 && char.IsLower(name[0]) ? char.ToUpperInvariant(name[0]) + name[1..] : name;
}
