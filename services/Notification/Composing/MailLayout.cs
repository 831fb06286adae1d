using System.Net;
using System.Text.RegularExpressions;
using LinkShort.Localization;

namespace LinkShort.Notification.Composing;

/// <summary>Renders every email: HTML with tables and inline styles, because email clients support little else.</summary>
public sealed partial class MailLayout
{
    private const string Frame = "layout";

    private readonly Dictionary<string, string> _templates;

    public MailLayout()
    {
        var assembly = typeof(MailLayout).Assembly;
        _templates = assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".html", StringComparison.Ordinal))
            .ToDictionary(name => Path.GetFileNameWithoutExtension(name), name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return reader.ReadToEnd();
            });
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
        };
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

    [GeneratedRegex(@"\{\{\{(?<markup>[a-zA-Z0-9]+)\}\}\}|\{\{(?<name>[a-zA-Z0-9]+)\}\}")]
    private static partial Regex Placeholder();
}
