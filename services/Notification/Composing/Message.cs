using System.Globalization;
using System.Text;

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
    private const string NamePlace = "{name}";

    public MailContent Compose(MailLanguage language, MailLayout layout)
    {
        var align = language.RightToLeft ? "right" : "left";
        var (before, after) = Greeting(language);
        (string Label, string Value)[] facts = [.. Facts.Where(fact => fact.Value is { Length: > 0 }).Select(fact => (fact.Label, fact.Value!))];
        var fallback = language["welcome.fallback"];

        var html = layout.Write("message", language, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["subject"] = Subject,
            ["preheader"] = Paragraphs.Count > 0 ? Paragraphs[0] : Subject,
            ["heading"] = Subject,
            ["greetingBefore"] = before,
            ["name"] = Name ?? "",
            ["greetingAfter"] = after,
            ["paragraphs"] = All("paragraph", Paragraphs),
            ["facts"] = facts.Length == 0 ? "" : layout.Fill("facts", Values(("rows", string.Concat(facts.Select(fact =>
                layout.Fill("fact", Values(("align", align), ("label", fact.Label), ("value", fact.Value)))))))),
            ["action"] = Action is { } action
                ? layout.Fill("action", Values(("url", action.Url.AbsoluteUri), ("button", action.Text), ("fallback", fallback)))
                : "",
            ["notes"] = All("note", Notes),
            ["reason"] = Reason,
        });

        var text = new StringBuilder().Append(Subject).Append("\n\n").Append(before).Append(Name).Append(after).Append('\n');
        foreach (var paragraph in Paragraphs)
        {
            text.Append('\n').Append(paragraph).Append('\n');
        }

        if (facts.Length > 0)
        {
            text.Append('\n');
            foreach (var (label, value) in facts)
            {
                text.Append(label).Append(": ").Append(value).Append('\n');
            }
        }

        if (Action is { } press)
        {
            text.Append('\n').Append(press.Text).Append(":\n").Append(press.Url.AbsoluteUri).Append('\n');
        }

        foreach (var note in Notes)
        {
            text.Append('\n').Append(note).Append('\n');
        }

        text.Append("\n-- \n").Append(Reason).Append('\n');
        return new MailContent(Subject, text.ToString(), html);

        string All(string template, IEnumerable<string> texts) => string.Concat(texts.Select(each => layout.Fill(template, Values(("text", each)))));
    }

    /// <summary>In UTC, and the same in all languages, so that month and day can't be confused.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private (string Before, string After) Greeting(MailLanguage language)
    {
        var greeting = language[Name is null ? "welcome.greetingWithoutName" : "welcome.greeting"];
        var place = greeting.IndexOf(NamePlace, StringComparison.Ordinal);
        return place < 0 ? (greeting, "") : (greeting[..place], greeting[(place + NamePlace.Length)..]);
    }

    private static Dictionary<string, string> Values(params IEnumerable<(string Name, string Value)> values) =>
        values.ToDictionary(value => value.Name, value => value.Value, StringComparer.Ordinal);
}
