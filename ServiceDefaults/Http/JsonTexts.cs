using System.Collections.Frozen;
using System.Text.Json;
using LinkShort.Localization;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>The rules of <c>ServiceDefaults.Json</c>, which states them in English because it is below the translations.</summary>
public static class JsonTexts
{
    private const string Feature = "json.";

    private static readonly FrozenDictionary<string, LocalizedText> ByEnglish = HttpTexts.Catalog.In(Language.English).Patterns
        .Where(text => text.Key.StartsWith(Feature, StringComparison.Ordinal))
        .ToFrozenDictionary(text => text.Value.Format(Language.English), text => HttpTexts.Of(text.Key), StringComparer.Ordinal);

    /// <param name="rule">As in the error of <see cref="Json.Rfc3339.TryParse"/>.</param>
    /// <exception cref="KeyNotFoundException">The rule isn't in <c>json.json</c>.</exception>
    public static LocalizedText Of(string rule) => ByEnglish[rule];

    internal static LocalizedText? Find(string rule) => ByEnglish.GetValueOrDefault(rule);
}

/// <summary>Thrown by converters for a value against a rule.</summary>
public sealed class LocalizedJsonException(LocalizedText rule) : JsonException(rule?.ToString())
{
    public LocalizedText Rule { get; } = rule ?? throw new ArgumentNullException(nameof(rule));
}
