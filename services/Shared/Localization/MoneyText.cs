using System.Globalization;

namespace LinkShort.Localization;

/// <summary>Amounts as people read them: <c>$5.00</c>, <c>5,00 €</c>, <c>CHF 5.00</c>.</summary>
public static class MoneyText
{
    /// <summary>Currencies without minor units in Stripe's amounts (https://docs.stripe.com/currencies#zero-decimal).</summary>
    private static readonly HashSet<string> WithoutMinorUnits =
        ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"];

    /// <summary>Symbols that are read as this currency everywhere. Other dollars and crowns are written by their codes.</summary>
    private static readonly Dictionary<string, string> Symbols = new() { ["usd"] = "$", ["eur"] = "€", ["gbp"] = "£", ["jpy"] = "¥" };

    /// <param name="amount">In minor units.</param>
    /// <param name="currency">ISO 4217, lower case.</param>
    public static string Of(long amount, string currency, Language language)
    {
        ArgumentNullException.ThrowIfNull(currency);
        ArgumentNullException.ThrowIfNull(language);
        var isWhole = WithoutMinorUnits.Contains(currency);
        var format = (NumberFormatInfo)language.Culture.NumberFormat.Clone();
        format.CurrencySymbol = Symbols.GetValueOrDefault(currency) ?? currency.ToUpperInvariant();
        format.CurrencyDecimalDigits = isWhole ? 0 : 2;
        if (!Symbols.ContainsKey(currency) && format.CurrencyPositivePattern == 0)
        {
            // With a space between the letters and the number.
            format.CurrencyPositivePattern = 2;
        }

        // An amount isn't split between two lines.
        return (isWhole ? amount : amount / 100m).ToString("C", format).Replace(' ', '\u00a0');
    }
}
