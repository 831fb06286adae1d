using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;

namespace LinkShort.Localization;

/// <summary>
/// The texts of an assembly in all languages, from its resources <c>Texts/{language}/{feature}.json</c>. A key is the feature, a dot and the
/// name within the file.
/// </summary>
public sealed class TextCatalog
{
    private const string Folder = "Texts/";

    private static readonly ConcurrentDictionary<Assembly, TextCatalog> Loaded = [];

    private readonly FrozenDictionary<string, Texts> _languages;
    private readonly Lazy<Texts> _pseudo;

    private TextCatalog(IReadOnlyDictionary<string, IReadOnlyDictionary<string, MessagePattern>> patterns)
    {
        _languages = Language.All.ToFrozenDictionary(
            language => language.Code,
            language => new Texts(language, patterns.GetValueOrDefault(language.Code, Nothing), patterns.GetValueOrDefault(Language.English.Code, Nothing)),
            StringComparer.Ordinal);
        _pseudo = new Lazy<Texts>(() => new Texts(
            Language.Pseudo, _languages[Language.English.Code].Patterns.ToFrozenDictionary(text => text.Key, text => text.Value.ToPseudo(), StringComparer.Ordinal), Nothing));
    }

    private static IReadOnlyDictionary<string, MessagePattern> Nothing { get; } = FrozenDictionary<string, MessagePattern>.Empty;

    public Texts In(Language language) => language == Language.Pseudo ? _pseudo.Value : _languages[language.Code];

    /// <exception cref="FormatException">A text isn't valid; says which.</exception>
    public static TextCatalog Of(Assembly assembly) => Loaded.GetOrAdd(assembly, static assembly => new TextCatalog(
        assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal) && name.EndsWith(".json", StringComparison.Ordinal))
            .GroupBy(name => name.Split('/')[1], StringComparer.Ordinal)
            .ToDictionary(
                files => files.Key,
                files => (IReadOnlyDictionary<string, MessagePattern>)files.SelectMany(file => Read(assembly, file)).ToFrozenDictionary(StringComparer.Ordinal),
                StringComparer.Ordinal)));

    private static IEnumerable<KeyValuePair<string, MessagePattern>> Read(Assembly assembly, string file)
    {
        using var stream = assembly.GetManifestResourceStream(file)!;
        var feature = Path.GetFileNameWithoutExtension(file);
        foreach (var (name, text) in JsonSerializer.Deserialize<Dictionary<string, string>>(stream)!)
        {
            MessagePattern pattern;
            try
            {
                pattern = MessagePattern.Parse(text);
            }
            catch (FormatException exception)
            {
                throw new FormatException($"{file}, {name}: {exception.Message}", exception);
            }

            yield return new($"{feature}.{name}", pattern);
        }
    }
}

/// <summary>The texts in one language. A missing one falls back to English, and then to its key.</summary>
public sealed class Texts
{
    private readonly IReadOnlyDictionary<string, MessagePattern> _own;
    private readonly IReadOnlyDictionary<string, MessagePattern> _english;

    internal Texts(Language language, IReadOnlyDictionary<string, MessagePattern> own, IReadOnlyDictionary<string, MessagePattern> english) =>
        (Language, _own, _english) = (language, own, english);

    public Language Language { get; }

    /// <summary>The keys that exist in this language.</summary>
    public IReadOnlyDictionary<string, MessagePattern> Patterns => _own;

    public string this[string key] => Find(key) ?? key;

    /// <param name="arguments">The placeholders' values. Numbers are written as the language writes them.</param>
    public string this[string key, params (string Name, object? Value)[] arguments] => PatternOf(key, out var language)?.Format(language, arguments) ?? key;

    public bool Has(string key) => PatternOf(key, out _) is not null;

    /// <summary>For keys that are made of values, of which some have no text.</summary>
    /// <returns>Null if there is no text, not even in English.</returns>
    public string? Find(string key) => PatternOf(key, out var language)?.Format(language);

    /// <summary>A text by its elements, for pages that wrap them.</summary>
    public IReadOnlyList<TextPart> Parts(string key, params ReadOnlySpan<(string Name, object? Value)> arguments) =>
        PatternOf(key, out var language)?.Parts(language, arguments) ?? [new TextPart(key, null)];

    private MessagePattern? PatternOf(string key, out Language language)
    {
        language = Language;
        if (_own.TryGetValue(key, out var pattern))
        {
            return pattern;
        }

        // English text has English plurals.
        language = Language.English;
        return _english.GetValueOrDefault(key);
    }
}
