using LinkShort.Localization;

namespace LinkShort.Identity;

internal static class IdentityTexts
{
    private static readonly TextCatalog Catalog = TextCatalog.Of(typeof(IdentityTexts).Assembly);

    public static LocalizedText Of(string key, params (string Name, object? Value)[] arguments) => new(Catalog, key, arguments);
}
