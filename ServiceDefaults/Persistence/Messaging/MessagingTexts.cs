using LinkShort.Localization;

namespace LinkShort.ServiceDefaults.Messaging;

internal static class MessagingTexts
{
    private static readonly TextCatalog Catalog = TextCatalog.Of(typeof(MessagingTexts).Assembly);

    public static LocalizedText Of(string key, params (string Name, object? Value)[] arguments) => new(Catalog, key, arguments);
}
