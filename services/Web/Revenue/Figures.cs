using LinkShort.Localization;

namespace LinkShort.Web.Revenue;

/// <summary>What the values of a chart are, and how they are written.</summary>
/// <param name="Kind"><c>count</c>, <c>share</c> (1 is 100 %) or <c>money</c> (in major units).</param>
/// <param name="Currency">ISO 4217, lower case; empty unless it is money.</param>
public sealed record FigureUnit(string Kind, string Currency = "")
{
    public static FigureUnit Count { get; } = new("count");

    public static FigureUnit Share { get; } = new("share");

    public static FigureUnit Money(string currency) => new("money", currency);

    public int Decimals => Kind switch { "share" => 1, "money" => MoneyText.DecimalsOf(Currency), _ => 0 };

    public decimal? Of(long? minorUnits) => minorUnits is { } amount ? MoneyText.InMajorUnits(amount, Currency) : null;

    public string InWords(decimal? value, Language language)
    {
        ArgumentNullException.ThrowIfNull(language);
        return value is { } number ? number.ToString((Kind == "share" ? "P" : "N") + Decimals, language.Culture) : "–";
    }
}

/// <summary>A line or the bars of one name.</summary>
/// <param name="Tone">The colour: <c>clicks</c>, <c>visitors</c>, <c>bots</c>, <c>loss</c> or <c>muted</c>.</param>
/// <param name="Values">One per label; null for none.</param>
public sealed record FigureSeries(string Name, string Tone, IReadOnlyList<decimal?> Values)
{
    public bool IsLine { get; init; }

    /// <summary>Of lines.</summary>
    public bool IsDashed { get; init; }

    /// <summary>Bars are stacked on each other.</summary>
    public bool IsStacked { get; init; }

    /// <summary>How strong the colour is: empty, <c>half</c> or <c>faint</c>.</summary>
    public string Strength { get; init; } = "";
}

/// <summary>A column that only the table has.</summary>
public sealed record FigureColumn(string Name, IReadOnlyList<string> Values);
