using System.Net;
using System.Text.RegularExpressions;

namespace LinkShort.Notification.Composing;

/// <summary>The look of every mail: <c>layout.html</c>, tables and inline styles, because that is what mail programs understand.</summary>
public sealed partial class MailLayout
{
    private readonly string _template;

    public MailLayout()
    {
        using var stream = typeof(MailLayout).Assembly.GetManifestResourceStream("layout.html")!;
        using var reader = new StreamReader(stream);
        _template = reader.ReadToEnd();
    }

    /// <summary>Fills <c>{{name}}</c> with HTML-escaped values. A name without a value is a bug in the template or its caller.</summary>
    public string Fill(IReadOnlyDictionary<string, string> values) =>
        Placeholder().Replace(_template, match => WebUtility.HtmlEncode(values[match.Groups["name"].Value]));

    [GeneratedRegex(@"\{\{(?<name>[a-zA-Z0-9]+)\}\}")]
    private static partial Regex Placeholder();
}
