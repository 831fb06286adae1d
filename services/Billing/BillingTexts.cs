using LinkShort.Localization;

namespace LinkShort.Billing;

internal static class BillingTexts
{
    private static readonly TextCatalog Catalog = TextCatalog.Of(typeof(BillingTexts).Assembly);

    public static LocalizedText Of(string key, params (string Name, object? Value)[] arguments) => new(Catalog, key, arguments);
}
