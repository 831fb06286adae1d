namespace LinkShort.Localization;

/// <summary>
/// A text by its key, with the values of its placeholders. Its language is chosen when it is written, so that a rule can state it without knowing
/// who reads it.
/// </summary>
public sealed class LocalizedText
{
    private readonly Func<Language, string> _text;

    /// <param name="arguments">The placeholders' values. One that is a text itself is written in the same language.</param>
    public LocalizedText(TextCatalog catalog, string key, params (string Name, object? Value)[] arguments) =>
        _text = language => catalog.In(language)[key, [.. arguments.Select(argument => (argument.Name, argument.Value is LocalizedText text ? text.In(language) : argument.Value))]];

    private LocalizedText(Func<Language, string> text) => _text = text;

    /// <summary>What is the same in every language, or in the reader's already.</summary>
    public static LocalizedText Verbatim(string text) => new(_ => text);

    public string In(Language language) => _text(language);

    /// <summary>In English, for logs.</summary>
    public override string ToString() => In(Language.English);
}
