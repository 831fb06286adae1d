namespace LinkShort.Billing.Checkout;

/// <summary>The languages of Stripe's checkout (https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-locale): it refuses others.</summary>
public static class CheckoutLocales
{
    /// <summary>The browser's language.</summary>
    private const string Auto = "auto";

    private static readonly HashSet<string> Supported = new(
        [
            "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb",
            "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>The language itself, without its region if Stripe doesn't have that, or the browser's.</summary>
    public static string Of(string locale)
    {
        ArgumentNullException.ThrowIfNull(locale);
        return Supported.TryGetValue(locale, out var exact) ? exact
            : Supported.TryGetValue(locale.Split('-')[0], out var language) ? language
            : Auto;
    }
}
