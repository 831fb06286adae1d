using LinkShort.Localization;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Identity.Domain;

/// <summary>The supported languages.</summary>
public static class Locale
{
    public const string Default = "en";

    public static readonly IReadOnlyList<string> All = ["en", "ar", "es", "fr", "de"];

    public static LocalizedText Error => FieldRules.OneOf(All);
}
