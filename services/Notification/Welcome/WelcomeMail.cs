using LinkShort.Notification.Composing;

namespace LinkShort.Notification.Welcome;

/// <summary>"Welcome to LinkShort!": the first steps.</summary>
public static class WelcomeMail
{
    public const string Kind = "welcome";

    private const string NamePlace = "{name}";

    /// <param name="name">From <see cref="GreetingName"/>, or null.</param>
    public static MailContent Compose(MailLanguage language, MailLayout layout, string? name, Uri appUrl)
    {
        string Text(string key) => language["welcome." + key].Replace("{host}", appUrl.Authority, StringComparison.Ordinal);

        var greeting = Text(name is null ? "greetingWithoutName" : "greeting");
        var place = greeting.IndexOf(NamePlace, StringComparison.Ordinal);
        var (before, after) = place < 0 ? (greeting, "") : (greeting[..place], greeting[(place + NamePlace.Length)..]);

        var html = layout.Write(Kind, language, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["subject"] = Text("subject"),
            ["preheader"] = Text("preheader"),
            ["heading"] = Text("heading"),
            ["greetingBefore"] = before,
            ["name"] = name ?? "",
            ["greetingAfter"] = after,
            ["intro"] = Text("intro"),
            ["step1"] = Text("step1"),
            ["step1Text"] = Text("step1Text"),
            ["step2"] = Text("step2"),
            ["step2Text"] = Text("step2Text"),
            ["step3"] = Text("step3"),
            ["step3Text"] = Text("step3Text"),
            ["button"] = Text("button"),
            ["appUrl"] = appUrl.AbsoluteUri,
            ["fallback"] = Text("fallback"),
            ["reason"] = Text("reason"),
        });
        var text = $"""
            {Text("heading")}

            {before}{name}{after}

            {Text("intro")}

            1. {Text("step1")}
            {Text("step1Text")}

            2. {Text("step2")}
            {Text("step2Text")}

            3. {Text("step3")}
            {Text("step3Text")}

            {Text("button")}:
            {appUrl.AbsoluteUri}

            --{" "}
            {Text("reason")}

            """;
        return new MailContent(Text("subject"), text, html);
    }
}
