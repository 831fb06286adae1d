using LinkShort.Localization;

namespace LinkShort.Gateway;

internal static class GatewayTexts
{
    private static readonly TextCatalog Catalog = TextCatalog.Of(typeof(GatewayTexts).Assembly);

    public static LocalizedText Of(string key, params (string Name, object? Value)[] arguments) => new(Catalog, key, arguments);
}
