using System.Collections.Frozen;
using System.Text.Json;

namespace LinkShort.Notification.Composing;

/// <summary>The texts of emails by language: <c>Texts/{language}.json</c>.</summary>
public sealed class MailTexts
{
    public const string Fallback = "en";

    private readonly FrozenDictionary<string, FrozenDictionary<string, string>> _languages;

    public MailTexts()
    {
        var assembly = typeof(MailTexts).Assembly;
        _languages = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith("Texts/", StringComparison.Ordinal))
            .ToFrozenDictionary(
                name => Path.GetFileNameWithoutExtension(name),
                name =>
                {
                    using var stream = assembly.GetManifestResourceStream(name)!;
                    return JsonSerializer.Deserialize<Dictionary<string, string>>(stream)!.ToFrozenDictionary(StringComparer.Ordinal);
                },
                StringComparer.OrdinalIgnoreCase);
    }

    public IEnumerable<string> Languages => _languages.Keys;

    /// <param name="locale">BCP 47 tag; <c>de-AT</c> falls back to <c>de</c>, an unsupported language to English.</param>
    public MailLanguage For(string? locale)
    {
        var tag = (locale ?? "").Replace('_', '-');
        while (tag.Length > 0 && !_languages.ContainsKey(tag))
        {
            tag = tag.LastIndexOf('-') is var dash and > 0 ? tag[..dash] : "";
        }

        var code = tag.Length > 0 ? tag.ToLowerInvariant() : Fallback;
        return new MailLanguage(code, _languages[code], _languages[Fallback]);
    }
}

/// <summary>The texts of one language. Missing ones fall back to English, and then to the key.</summary>
public sealed class MailLanguage(string code, IReadOnlyDictionary<string, string> texts, IReadOnlyDictionary<string, string> fallback)
{
    public string Code { get; } = code;

    public bool RightToLeft => this["direction"] == "rtl";

    public string this[string key] => texts.GetValueOrDefault(key) ?? fallback.GetValueOrDefault(key) ?? key;
}
