using System.Collections.Concurrent;
using System.Text;
using LinkShort.Contracts;
using LinkShort.Localization;

namespace LinkShort.Redirect.Answers;

/// <summary>A page with a status code, a title and a sentence, in every format and language.</summary>
/// <param name="problem">The status, and the problem for JSON clients.</param>
/// <param name="title">Key of its text.</param>
/// <param name="sentence">Key of its text.</param>
/// <param name="arguments">Of the sentence. They can't be markup.</param>
public sealed class Page(ProblemType problem, string title, string sentence, params (string Name, object? Value)[] arguments)
{
    private readonly ConcurrentDictionary<Language, byte[]> _html = new();

    public ProblemType Problem { get; } = problem;

    /// <summary>In English, for programs.</summary>
    public string Text { get; } = Pages.Catalog.In(Language.English)[sentence, arguments];

    /// <summary>In English.</summary>
    internal byte[] Plain => field ??= Encoding.UTF8.GetBytes($"{Pages.Catalog.In(Language.English)[title]}.\n{Text}\n");

    /// <summary>Rendered once per language.</summary>
    internal byte[] HtmlIn(Language language) => _html.TryGetValue(language, out var html) ? html : _html[language] = Render(language);

    private byte[] Render(Language language)
    {
        var texts = Pages.Catalog.In(language);
        // The only element is the host of a destination.
        var parts = texts.Parts(sentence, arguments).Select(part => part.Element is null ? part.Text : $"<bdi dir=\"ltr\">{part.Text}</bdi>");
        return Encoding.UTF8.GetBytes(PageDocument.Of(language, texts[title], Problem.Status, string.Concat(parts)));
    }
}
