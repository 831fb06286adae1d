using System.Globalization;

namespace LinkShort.Localization;

/// <summary>A language that LinkShort is translated into.</summary>
public sealed class Language
{
    private readonly Func<decimal, PluralCategory> _plural;

    private Language(
        string code, string ownName, string datePattern, string dayPattern, PluralCategory[] categories, Func<decimal, PluralCategory> plural, string? cultureOf = null)
    {
        (Code, OwnName, DatePattern, DayPattern, Categories, _plural) = (code, ownName, datePattern, dayPattern, categories, plural);
        var culture = (CultureInfo)CultureInfo.GetCultureInfo(cultureOf ?? code).Clone();
        // The Gregorian calendar and Western digits in all languages, as on most Arabic sites: dates, codes and amounts are compared with those of
        // the API and of other pages.
        culture.DateTimeFormat.Calendar = new GregorianCalendar();
        if (code == "ar")
        {
            culture.NumberFormat = NumberFormatInfo.InvariantInfo;
        }

        Culture = CultureInfo.ReadOnly(culture);
    }

    /// <summary>The source of all translations, and what missing ones fall back to.</summary>
    public static Language English { get; } = new("en", "English", "d MMM yyyy", "d MMM", PluralRules.English, PluralRules.OfEnglish);

    public static Language German { get; } = new("de", "Deutsch", "d. MMM yyyy", "d. MMM", PluralRules.English, PluralRules.OfEnglish);

    public static Language Spanish { get; } = new("es", "Español", "d MMM yyyy", "d MMM", PluralRules.Romance, PluralRules.OfSpanish);

    public static Language French { get; } = new("fr", "Français", "d MMM yyyy", "d MMM", PluralRules.Romance, PluralRules.OfFrench);

    public static Language Arabic { get; } = new("ar", "العربية", "d MMM yyyy", "d MMM", PluralRules.Arabic, PluralRules.OfArabic);

    /// <summary>
    /// English with accents, brackets and some 40 % more letters, made by <see cref="TextCatalog"/>: shows texts that are cut off, pages that grow
    /// sideways, and words that come from no resource. For development and tests; it is never offered.
    /// </summary>
    public static Language Pseudo { get; } = new("en-XA", "Pseudo", "d MMM yyyy", "d MMM", PluralRules.English, PluralRules.OfEnglish, "en");

    /// <summary>In the order in which they are offered.</summary>
    public static IReadOnlyList<Language> All { get; } = [English, German, Spanish, French, Arabic];

    /// <summary>ISO 639-1, which is also the BCP 47 tag.</summary>
    public string Code { get; }

    /// <summary>The language's name in itself.</summary>
    public string OwnName { get; }

    public CultureInfo Culture { get; }

    public bool IsRightToLeft => Culture.TextInfo.IsRightToLeft;

    /// <summary>HTML's <c>dir</c>.</summary>
    public string Direction => IsRightToLeft ? "rtl" : "ltr";

    /// <summary>A date with its year, as a pattern of .NET.</summary>
    public string DatePattern { get; }

    /// <summary>A date without its year.</summary>
    public string DayPattern { get; }

    /// <summary>The plural forms that a text with a count needs.</summary>
    public IReadOnlyList<PluralCategory> Categories { get; }

    /// <summary>A date with its year, as text.</summary>
    public string Date(DateOnly day) => day.ToString(DatePattern, Culture);

    public PluralCategory PluralOf(decimal count) => _plural(count);

    /// <param name="tag">BCP 47: <c>de-AT</c> is German.</param>
    /// <returns>Null for a language that LinkShort isn't translated into.</returns>
    public static Language? Find(ReadOnlySpan<char> tag)
    {
        var primary = tag.Trim();
        var end = primary.IndexOfAny('-', '_');
        primary = end < 0 ? primary : primary[..end];
        // By index: an enumerator of the list would be allocated.
        for (var i = 0; i < All.Count; i++)
        {
            if (primary.Equals(All[i].Code, StringComparison.OrdinalIgnoreCase))
            {
                return All[i];
            }
        }

        return null;
    }

    /// <summary>
    /// The translation that a reader prefers: the range with the highest weight that one exists for (RFC 9110, 12.5.4; RFC 4647, 3.4).
    /// Allocates nothing.
    /// </summary>
    /// <returns>Null if none is acceptable, or for <c>*</c> alone.</returns>
    public static Language? PreferredOf(string? acceptLanguage)
    {
        Language? best = null;
        var bestWeight = 0.0;
        var header = acceptLanguage.AsSpan();
        foreach (var part in header.Split(','))
        {
            var range = header[part];
            var parameters = range.IndexOf(';');
            if (Find(parameters < 0 ? range : range[..parameters]) is not { } found)
            {
                continue;
            }

            var weight = parameters < 0 ? 1 : WeightOf(range[(parameters + 1)..].Trim());
            if (weight > bestWeight)
            {
                (best, bestWeight) = (found, weight);
            }

            if (bestWeight == 1)
            {
                break;
            }
        }

        return best;
    }

    public override string ToString() => Code;

    private static double WeightOf(ReadOnlySpan<char> parameter) =>
        parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase)
        && double.TryParse(parameter[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight)
            ? Math.Min(weight, 1)
            : 0;
}
