using System.Text;
using LinkShort.Contracts;

namespace LinkShort.Visitors.Geography;

/// <summary>Where an address belongs. Each part is null for unknown.</summary>
public sealed class Place
{
    /// <summary>UTF-8 bytes of the longest <see cref="Full"/>.</summary>
    public const int MaxLength = 2 + 1 + MaxName + 1 + MaxName;

    /// <summary>Of a region or city, in bytes of UTF-8. The longest real ones have about a hundred.</summary>
    private const int MaxName = 250;

    public static readonly Place Unknown = new(null, null, null);

    private readonly byte[] _full;
    private readonly byte[] _countryOnly;

    /// <param name="country">ISO 3166-1 alpha-2.</param>
    public Place(string? country, string? region, string? city)
    {
        Country = country is { Length: 2 } && char.IsAsciiLetterUpper(country[0]) && char.IsAsciiLetterUpper(country[1]) ? country : null;
        Continent = Countries.ContinentOf(Country);
        Region = Clean(region);
        City = Clean(city);
        _full = Encoding.UTF8.GetBytes(ClickPlace.Join(Country, Region, City) ?? "");
        _countryOnly = Encoding.UTF8.GetBytes(Country ?? "");
    }

    /// <summary><c>AF AN AS EU NA OC SA</c>.</summary>
    public string? Continent { get; }

    /// <summary>ISO 3166-1 alpha-2, such as <c>DE</c>.</summary>
    public string? Country { get; }

    /// <summary>English name of the first-level subdivision, such as <c>Bavaria</c>.</summary>
    public string? Region { get; }

    /// <summary>English name, such as <c>Munich</c>.</summary>
    public string? City { get; }

    /// <summary>UTF-8 of <see cref="ClickPlace.Join"/>, ready to be copied into a click; empty for unknown.</summary>
    public ReadOnlySpan<byte> Full => _full;

    /// <summary>The same of the country alone, for visitors who ask not to be profiled.</summary>
    public ReadOnlySpan<byte> CountryOnly => _countryOnly;

    public override string ToString() => string.Join('/', Country ?? VisitorFacts.Unknown, Region ?? VisitorFacts.Unknown, City ?? VisitorFacts.Unknown);

    /// <summary>Names come from a file: what is no name (a control character, a page of text) is unknown.</summary>
    private static string? Clean(string? name) =>
        string.IsNullOrWhiteSpace(name) || name.Any(char.IsControl) || Encoding.UTF8.GetByteCount(name) > MaxName ? null : name;
}
