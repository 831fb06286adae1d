using System.Net;
using System.Text.RegularExpressions;

namespace LinkShort.Notification.Composing;

/// <summary>The look of every mail: HTML files with tables and inline styles, because that is what mail programs understand.</summary>
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

    /// <summary>A whole mail: the template of this name, in the frame that all share.</summary>
    /// <param name="values">For both. What both need is set here.</param>
    public string Write(string template, MailLanguage language, IReadOnlyDictionary<string, string> values)
    {
        ArgumentNullException.ThrowIfNull(language);
        var all = new Dictionary<string, string>(values, StringComparer.Ordinal)
        {
            ["language"] = language.Code,
            ["direction"] = language.RightToLeft ? "rtl" : "ltr",
            ["align"] = language.RightToLeft ? "right" : "left",
        };
        all["content"] = Fill(template, all);
        return Fill(Frame, all);
    }

    /// <summary>
    /// Fills <c>{{name}}</c> with HTML-escaped values, and <c>{{{name}}}</c> with what was filled before. A name without a value is a bug in
    /// the template or its caller.
    /// </summary>
    public string Fill(string template, IReadOnlyDictionary<string, string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return Placeholder().Replace(_templates[template], match =>
            match.Groups["markup"].Success ? values[match.Groups["markup"].Value] : WebUtility.HtmlEncode(values[match.Groups["name"].Value]));
    }

    [GeneratedRegex(@"\{\{\{(?<markup>[a-zA-Z0-9]+)\}\}\}|\{\{(?<name>[a-zA-Z0-9]+)\}\}")]
    private static partial Regex Placeholder();
}
