using LinkShort.Localization;

namespace LinkShort.Links;

internal static class LinksTexts
{
    private static readonly TextCatalog Catalog = TextCatalog.Of(typeof(LinksTexts).Assembly);

    public static LocalizedText Of(string key, params (string Name, object? Value)[] arguments) => new(Catalog, key, arguments);
}
