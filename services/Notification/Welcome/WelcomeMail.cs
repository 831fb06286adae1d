using System.Globalization;
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
            ["introduction"] = composer.Layout.Fill("paragraph", ("text", Text("intro"))),
            ["steps"] = string.Concat(Enumerable.Range(1, 3).Select(number => composer.Layout.Fill(
                "step",
                ("number", number.ToString(CultureInfo.InvariantCulture)),
                ("align", MailLayout.AlignOf(texts.Language)),
                ("title", Text($"step{number}")),
                ("text", Text($"step{number}Text"))))),
            ["action"] = composer.Layout.Fill("action", ("url", appUrl), ("button", Text("button")), ("fallback", fallback)),
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
