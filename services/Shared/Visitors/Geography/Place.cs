namespace LinkShort.Visitors.Geography;

/// <summary>The place of an address. Unknown parts are null.</summary>
public sealed class Place
{
    /// <summary>Longest name of a region or city. The longest real ones have about a hundred characters.</summary>
    private const int MaxName = 128;

    public static readonly Place Unknown = new(null, null, null);

    /// <param name="country">ISO 3166-1 alpha-2.</param>
    public Place(string? country, string? region, string? city)
    {
        Country = country is { Length: 2 } && char.IsAsciiLetterUpper(country[0]) && char.IsAsciiLetterUpper(country[1]) ? country : null;
        Continent = Countries.ContinentOf(Country);
        Region = Clean(region);
        City = Clean(city);
    }

    /// <summary><c>AF AN AS EU NA OC SA</c>.</summary>
    public string? Continent { get; }

    /// <summary>ISO 3166-1 alpha-2, such as <c>DE</c>.</summary>
    public string? Country { get; }

    /// <summary>English name of the first-level subdivision, such as <c>Bavaria</c>.</summary>
    public string? Region { get; }

    /// <summary>English name, such as <c>Munich</c>.</summary>
    public string? City { get; }

    public override string ToString() => string.Join('/', Country ?? VisitorFacts.Unknown, Region ?? VisitorFacts.Unknown, City ?? VisitorFacts.Unknown);

    /// <summary>Names come from a file: invalid ones (with control characters, or far too long) are treated as unknown.</summary>
    private static string? Clean(string? name) =>
        string.IsNullOrWhiteSpace(name) || name.Any(char.IsControl) || name.Length > MaxName ? null : name;
}
