using LinkShort.Localization;

namespace LinkShort.Analytics;

internal static class AnalyticsTexts
{
    private static readonly TextCatalog Catalog = TextCatalog.Of(typeof(AnalyticsTexts).Assembly);

    public static LocalizedText Of(string key, params (string Name, object? Value)[] arguments) => new(Catalog, key, arguments);
}
