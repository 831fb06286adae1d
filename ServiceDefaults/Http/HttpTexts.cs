using LinkShort.Localization;

namespace LinkShort.ServiceDefaults.Http;

internal static class HttpTexts
{
    public static TextCatalog Catalog { get; } = TextCatalog.Of(typeof(HttpTexts).Assembly);

    public static LocalizedText Of(string key, params (string Name, object? Value)[] arguments) => new(Catalog, key, arguments);
}
