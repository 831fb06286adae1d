using LinkShort.Localization;

namespace LinkShort.ServiceDefaults.Auth;

internal static class AccessTexts
{
    private static readonly TextCatalog Catalog = TextCatalog.Of(typeof(AccessTexts).Assembly);

    public static LocalizedText Of(string key, params (string Name, object? Value)[] arguments) => new(Catalog, key, arguments);
}
