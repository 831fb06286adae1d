using LinkShort.Localization;

namespace LinkShort.ServiceDefaults.Plans;

internal static class PlanTexts
{
    private static readonly TextCatalog Catalog = TextCatalog.Of(typeof(PlanTexts).Assembly);

    public static LocalizedText Of(string key, params (string Name, object? Value)[] arguments) => new(Catalog, key, arguments);
}
