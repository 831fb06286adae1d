using System.Text;
using LinkShort.Localization;

namespace LinkShort.Notification.Composing;

/// <summary>An email of a few sentences, optionally with facts and a button. All values are shown as plain text.</summary>
/// <param name="Name">From <see cref="GreetingName"/>, or null.</param>
/// <param name="Paragraphs">Above the facts.</param>
/// <param name="Facts">Label and value; facts without a value are omitted.</param>
/// <param name="Action">The button's label and URL.</param>
/// <param name="Notes">Below the button.</param>
/// <param name="Reason">Why the user gets this email, shown at the bottom.</param>
public sealed record Message(
    string Subject,
    string? Name,
    IReadOnlyList<string> Paragraphs,
    IReadOnlyList<(string Label, string? Value)> Facts,
    (string Text, Uri Url)? Action,
    IReadOnlyList<string> Notes,
    string Reason)
{
    public MailContent Compose(Texts texts, MailLayout layout)
    {
        var align = MailLayout.AlignOf(texts.Language);
        var greeting = Greeting.Of(texts, Name);
        (string Label, string Value)[] facts = [.. Facts.Where(fact => fact.Value is { Length: > 0 }).Select(fact => (fact.Label, fact.Value!))];
        var fallback = texts["composing.fallback"];

        var html = layout.Write("message", texts.Language, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["subject"] = Subject,
            ["preheader"] = Paragraphs.Count > 0 ? Paragraphs[0] : Subject,
            ["greeting"] = greeting.Html,
            ["paragraphs"] = All("paragraph", Paragraphs),
            ["facts"] = facts.Length == 0 ? "" : layout.Fill("facts", ("rows", string.Concat(facts.Select(fact =>
                layout.Fill("fact", ("align", align), ("label", fact.Label), ("value", fact.Value)))))),
            ["action"] = Action is { } action
                ? layout.Fill("action", ("url", action.Url.AbsoluteUri), ("button", action.Text), ("fallback", fallback))
                : "",
            ["notes"] = All("note", Notes),
            ["reason"] = Reason,
        });

        var text = new StringBuilder().Append(Subject).Append("\n\n").Append(greeting.Text).Append('\n');
        foreach (var paragraph in Paragraphs)
        {
            text.Append('\n').Append(paragraph).Append('\n');
        }

        if (facts.Length > 0)
        {
            text.Append('\n');
            foreach (var (label, value) in facts)
            {
                text.Append(texts["composing.fact", ("label", label), ("value", value)]).Append('\n');
            }
        }

        if (Action is { } press)
        {
            text.Append('\n').Append(texts["composing.action", ("button", press.Text)]).Append('\n').Append(press.Url.AbsoluteUri).Append('\n');
        }

        foreach (var note in Notes)
        {
            text.Append('\n').Append(note).Append('\n');
        }

        text.Append("\n-- \n").Append(Reason).Append('\n');
        return new MailContent(Subject, text.ToString(), html);

        string All(string template, IEnumerable<string> sentences) => string.Concat(sentences.Select(each => layout.Fill(template, ("text", each))));
    }
}
