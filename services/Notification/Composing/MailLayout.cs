using System.Net;
using System.Text.RegularExpressions;
using LinkShort.Localization;
using LinkShort.Look;

namespace LinkShort.Notification.Composing;

/// <summary>
/// Renders every email: HTML with tables and inline styles, because email clients support little else. Those that follow the system's dark theme
/// also read a style element; the others show the light one.
/// </summary>
public sealed partial class MailLayout
{
    private const string Frame = "layout";

    private readonly Dictionary<string, string> _templates;
    private readonly string _dark = Stylesheet.Resolve(Read("dark.css"), dark: true);
    private readonly string _narrow = Read("narrow.css");

    public MailLayout()
    {
        _templates = typeof(MailLayout).Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".html", StringComparison.Ordinal))
            .ToDictionary(name => Path.GetFileNameWithoutExtension(name), name => Stylesheet.Resolve(Read(name)));
    }

    /// <summary>Renders the named template inside the common layout.</summary>
    /// <param name="values">For both. Values that every email needs are added here.</param>
    public string Write(string template, Language language, IReadOnlyDictionary<string, string> values)
    {
        var all = new Dictionary<string, string>(values, StringComparer.Ordinal)
        {
            ["language"] = language.Code,
            ["direction"] = language.Direction,
            ["align"] = AlignOf(language),
            ["dark"] = _dark,
            ["narrow"] = _narrow,
        };
        all["head"] = Fill("heading", all);
        all["content"] = Fill(template, all);
        return Fill(Frame, all);
    }

    /// <summary>HTML's old attribute, which some email clients need.</summary>
    public static string AlignOf(Language language) => language.IsRightToLeft ? "right" : "left";

    /// <summary>
    /// Replaces <c>{{name}}</c> with HTML-escaped values, and <c>{{{name}}}</c> with HTML that was rendered before. A name without a value is
    /// a bug in the template or its caller.
    /// </summary>
    public string Fill(string template, IReadOnlyDictionary<string, string> values)
    {
        return Placeholder().Replace(_templates[template], match =>
            match.Groups["markup"].Success ? values[match.Groups["markup"].Value] : WebUtility.HtmlEncode(values[match.Groups["name"].Value]));
    }

    /// <inheritdoc cref="Fill(string, IReadOnlyDictionary{string, string})"/>
    public string Fill(string template, params IEnumerable<(string Name, string Value)> values) =>
        Fill(template, values.ToDictionary(value => value.Name, value => value.Value, StringComparer.Ordinal));

    private static string Read(string resource)
    {
        using var reader = new StreamReader(typeof(MailLayout).Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"\{\{\{(?<markup>[a-zA-Z0-9]+)\}\}\}|\{\{(?<name>[a-zA-Z0-9]+)\}\}")]
    private static partial Regex Placeholder();
}
