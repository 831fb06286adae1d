using System.Net;
using LinkShort.Localization;

namespace LinkShort.Notification.Composing;

/// <summary>The first line of an email.</summary>
/// <param name="Html">With the name's own direction.</param>
public sealed record Greeting(string Text, string Html)
{
    /// <param name="name">From <see cref="GreetingName"/>, or null.</param>
    public static Greeting Of(Texts texts, string? name)
    {
        var parts = name is null ? texts.Parts("composing.greetingWithoutName") : texts.Parts("composing.greeting", ("name", name));
        return new Greeting(
            string.Concat(parts.Select(part => part.Text)),
            string.Concat(parts.Select(part => part.Element is null ? WebUtility.HtmlEncode(part.Text) : $"<bdi>{WebUtility.HtmlEncode(part.Text)}</bdi>")));
    }
}
