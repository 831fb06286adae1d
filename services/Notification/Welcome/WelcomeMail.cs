using LinkShort.Notification.Composing;

namespace LinkShort.Notification.Welcome;

/// <summary>"Welcome to LinkShort!": what to do first.</summary>
public static class WelcomeMail
{
    public const string Kind = "welcome";

    private const string NamePlace = "{name}";

    /// <param name="name">From <see cref="GreetingName"/>, or null.</param>
    public static MailContent Compose(MailLanguage language, MailLayout layout, string? name, Uri appUrl)
    {
        ArgumentNullException.ThrowIfNull(language);
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(appUrl);
        string Say(string key) => language["welcome." + key].Replace("{host}", appUrl.Authority, StringComparison.Ordinal);

        var greeting = Say(name is null ? "greetingWithoutName" : "greeting");
        var place = greeting.IndexOf(NamePlace, StringComparison.Ordinal);
        var (before, after) = place < 0 ? (greeting, "") : (greeting[..place], greeting[(place + NamePlace.Length)..]);

        var html = layout.Write(Kind, language, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["subject"] = Say("subject"),
            ["preheader"] = Say("preheader"),
            ["heading"] = Say("heading"),
            ["greetingBefore"] = before,
            ["name"] = name ?? "",
            ["greetingAfter"] = after,
            ["intro"] = Say("intro"),
            ["step1"] = Say("step1"),
            ["step1Text"] = Say("step1Text"),
            ["step2"] = Say("step2"),
            ["step2Text"] = Say("step2Text"),
            ["step3"] = Say("step3"),
            ["step3Text"] = Say("step3Text"),
            ["button"] = Say("button"),
            ["appUrl"] = appUrl.AbsoluteUri,
            ["fallback"] = Say("fallback"),
            ["reason"] = Say("reason"),
        });
        var text = $"""
            {Say("heading")}

            {before}{name}{after}

            {Say("intro")}

            1. {Say("step1")}
            {Say("step1Text")}

            2. {Say("step2")}
            {Say("step2Text")}

            3. {Say("step3")}
            {Say("step3Text")}

            {Say("button")}:
            {appUrl.AbsoluteUri}

            --{" "}
            {Say("reason")}

            """;
        return new MailContent(Say("subject"), text, html);
    }
}
