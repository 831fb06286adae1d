using LinkShort.Localization;
using LinkShort.Notification.Composing;

namespace LinkShort.Notification.Welcome;

/// <summary>"Welcome to LinkShort!": the first steps.</summary>
public static class WelcomeMail
{
    public const string Kind = "welcome";

    /// <param name="name">From <see cref="GreetingName"/>, or null.</param>
    public static MailContent Compose(Texts texts, MailComposer composer, string? name)
    {
        string Text(string key) => texts["welcome." + key];

        var greeting = Greeting.Of(texts, name);
        var appUrl = composer.App.AbsoluteUri;
        var fallback = texts["composing.fallback"];
        var reason = composer.Reason(texts, "welcome.reason");
        var html = composer.Layout.Write(Kind, texts.Language, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["subject"] = Text("subject"),
            ["preheader"] = Text("preheader"),
            ["greeting"] = greeting.Html,
            ["intro"] = Text("intro"),
            ["step1"] = Text("step1"),
            ["step1Text"] = Text("step1Text"),
            ["step2"] = Text("step2"),
            ["step2Text"] = Text("step2Text"),
            ["step3"] = Text("step3"),
            ["step3Text"] = Text("step3Text"),
            ["button"] = Text("button"),
            ["appUrl"] = appUrl,
            ["fallback"] = fallback,
            ["reason"] = reason,
        });
        var text = $"""
            {Text("subject")}

            {greeting.Text}

            {Text("intro")}

            1. {Text("step1")}
            {Text("step1Text")}

            2. {Text("step2")}
            {Text("step2Text")}

            3. {Text("step3")}
            {Text("step3Text")}

            {texts["composing.action", ("button", Text("button"))]}
            {appUrl}

            --{" "}
            {reason}

            """;
        return new MailContent(Text("subject"), text, html);
    }
}
