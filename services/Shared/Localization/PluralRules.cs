namespace LinkShort.Localization;

/// <summary>CLDR's plural categories.</summary>
public enum PluralCategory
{
    Zero,
    One,
    Two,
    Few,
    Many,
    Other,
}

/// <summary>
/// Cardinal plural rules of CLDR 48 (supplemental/plurals.xml), without compact notation. Tests compare them with those of Node's ICU.
/// </summary>
internal static class PluralRules
{
    /// <summary>Also German's.</summary>
    public static readonly PluralCategory[] English = [PluralCategory.One, PluralCategory.Other];

    public static readonly PluralCategory[] Romance = [PluralCategory.One, PluralCategory.Many, PluralCategory.Other];

    public static readonly PluralCategory[] Arabic = [PluralCategory.Zero, PluralCategory.One, PluralCategory.Two, PluralCategory.Few, PluralCategory.Many, PluralCategory.Other];

    /// <summary>one: i = 1 and v = 0.</summary>
    public static PluralCategory OfEnglish(decimal n) => n is 1 or -1 && n.Scale == 0 ? PluralCategory.One : PluralCategory.Other;

    /// <summary>one: n = 1. many: i ≠ 0 and i % 1000000 = 0 and v = 0.</summary>
    public static PluralCategory OfSpanish(decimal n) => decimal.Abs(n) == 1 ? PluralCategory.One : IsMillions(n) ? PluralCategory.Many : PluralCategory.Other;

    /// <summary>one: i = 0, 1. many: i ≠ 0 and i % 1000000 = 0 and v = 0.</summary>
    public static PluralCategory OfFrench(decimal n) => decimal.Truncate(decimal.Abs(n)) <= 1 ? PluralCategory.One : IsMillions(n) ? PluralCategory.Many : PluralCategory.Other;

    /// <summary>zero: n = 0. one: n = 1. two: n = 2. few: n % 100 = 3..10. many: n % 100 = 11..99.</summary>
    public static PluralCategory OfArabic(decimal n)
    {
        n = decimal.Abs(n);
        return n switch
        {
            0 => PluralCategory.Zero,
            1 => PluralCategory.One,
            2 => PluralCategory.Two,
            _ when n != decimal.Truncate(n) => PluralCategory.Other,
            _ => (int)(n % 100) switch
            {
                >= 3 and <= 10 => PluralCategory.Few,
                >= 11 => PluralCategory.Many,
                _ => PluralCategory.Other,
            },
        };
    }

    private static bool IsMillions(decimal n) => n.Scale == 0 && n != 0 && n % 1_000_000 == 0;
}
