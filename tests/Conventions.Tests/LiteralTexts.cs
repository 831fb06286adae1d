using System.Text;
using System.Text.RegularExpressions;

namespace LinkShort.Conventions.Tests;

/// <summary>Words that a page shows without a resource, so that they are the same in all languages.</summary>
internal static partial class LiteralTexts
{
    /// <summary>The same in all languages.</summary>
    private static readonly string[] Names = ["LinkShort", "DB-IP", "UTC", "API", "curl", "DNS", "TXT", "QR", "SSO", "CSV", "JSON", "SVG", "PNG", "UTM", "iOS", "Android"];

    /// <summary>Samples of what people type, and words of the API.</summary>
    private static readonly string[] Samples = ["free, pro", "short 1&#10;long 1", "go/field-guide", "newsletter", "email", "linkshort-admins = admin", "type"];

    public static IEnumerable<string> Check(IEnumerable<Source> pages) => pages.SelectMany(page =>
    {
        var markup = WithoutExpressions(CodeBlock().Split(page.Text)[0]);
        return TextNode().Matches(markup).SelectMany(match => WithoutStatements(match.Groups["text"].Value))
            .Concat(TextAttribute().Matches(markup).Select(match => match.Groups["text"].Value))
            .Select(text => text.Trim())
            .Where(text => HasWords(text) && !Samples.Contains(text))
            .Select(text => $"{page.Path}: {text}");
    });

    private static bool HasWords(string text) =>
        !Address().IsMatch(text) && Word().IsMatch(Names.Aggregate(Entity().Replace(text, ""), (rest, name) => rest.Replace(name, "", StringComparison.Ordinal)));

    /// <summary>C# between elements: the lines of @if, @foreach and @switch.</summary>
    private static IEnumerable<string> WithoutStatements(string text) => text.Split('\n').Where(line => !Statement().IsMatch(line));

    /// <summary>Removes comments, and what follows an @: an expression, or a statement's head.</summary>
    private static string WithoutExpressions(string text)
    {
        text = SameInAllLanguages().Replace(Comment().Replace(text, ""), "");
        var markup = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] != '@')
            {
                markup.Append(text[at++]);
                continue;
            }

            at++;
            while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or '.' or '(' or '[' or '{' or '!' or '?' || IsHead(text, at)))
            {
                at = text[at] is '(' or '[' or '{' ? EndOf(text, at) : at + 1;
            }
        }

        return markup.ToString();
    }

    /// <summary>The space in <c>@if (</c>.</summary>
    private static bool IsHead(string text, int at) => text[at] == ' ' && Head().IsMatch(text[..at]) && at + 1 < text.Length && text[at + 1] == '(';

    /// <summary>The index after the bracket that closes the one at the index.</summary>
    private static int EndOf(string text, int at)
    {
        var depth = 0;
        for (; at < text.Length; at++)
        {
            if (text[at] == '"')
            {
                at = text.IndexOf('"', at + 1) is var end and >= 0 ? end : text.Length - 1;
            }
            else if (text[at] is '(' or '[' or '{')
            {
                depth++;
            }
            else if (text[at] is ')' or ']' or '}' && --depth == 0)
            {
                return at + 1;
            }
        }

        return at;
    }

    [GeneratedRegex(@"\n@code\b")]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"@\*.*?\*@|<!--.*?-->", RegexOptions.Singleline)]
    private static partial Regex Comment();

    /// <summary>Code, and elements that are in English on purpose.</summary>
    [GeneratedRegex(@"<pre\b.*?</pre>|<code\b.*?</code>|<(?<name>\w+)[^>]* lang=""en"".*?</\k<name>>", RegexOptions.Singleline)]
    private static partial Regex SameInAllLanguages();

    [GeneratedRegex(@"(^|\W)(if|foreach|switch|for|while)$")]
    private static partial Regex Head();

    [GeneratedRegex(">(?<text>[^<>]*)<")]
    private static partial Regex TextNode();

    [GeneratedRegex(@"\b(aria-label|title|placeholder|alt|Label|Hint|Title|Text|Action|Heading)=""(?<text>[^""]*)""")]
    private static partial Regex TextAttribute();

    [GeneratedRegex(@"^\s*([{}]|else\b|case\b|default:|break;|var\b)|[;{]\s*$|^\s*\w[\w.]* \w+ = ")]
    private static partial Regex Statement();

    [GeneratedRegex(@"^\s*(https?://|[\w.+-]+@)?[\w-]+(\.[\w-]+)+\S*\s*$|^[/#]\S*$")]
    private static partial Regex Address();

    [GeneratedRegex("&[a-z]+;")]
    private static partial Regex Entity();

    [GeneratedRegex(@"\p{L}{2,}")]
    private static partial Regex Word();
}
