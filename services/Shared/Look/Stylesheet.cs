using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace LinkShort.Look;

/// <summary>
/// Stylesheets of pages that can't use the web app's: those of redirect and the gateway, which need no further request and no running web app,
/// and mails. Written with <c>var(--token)</c>.
/// </summary>
public static partial class Stylesheet
{
    /// <summary>
    /// Makes a stylesheet self-contained. Tokens that are the same in both themes are replaced by their values. The others become custom
    /// properties with short names, for these pages are counted in bytes, and follow the system's theme by a media query instead of
    /// <c>light-dark()</c>, because visitors come with browsers of any age.
    /// </summary>
    /// <param name="css">With <c>var(--token)</c> of tokens.json only.</param>
    public static string Inline(string css)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var light = new StringBuilder();
        var dark = new StringBuilder();
        var rules = Variable().Replace(css, match =>
        {
            var token = match.Groups[1].Value;
            if (DesignTokens.Light(token) is var value && value == DesignTokens.Dark(token))
            {
                return value;
            }

            if (!names.TryGetValue(token, out var name))
            {
                names[token] = name = "--" + (names.Count < 26 ? ((char)('a' + names.Count)).ToString() : "a" + names.Count);
                light.Append(name).Append(':').Append(value).Append(';');
                dark.Append(name).Append(':').Append(DesignTokens.Dark(token)).Append(';');
            }

            return $"var({name})";
        });
        return $":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}{rules}";
    }

    /// <summary>
    /// Replaces every <c>var(--token)</c> with the token's value in one theme, in pixels, for mails: few of their readers know custom properties
    /// or <c>rem</c>.
    /// </summary>
    public static string Resolve(string text, bool dark = false) => Variable().Replace(text, match =>
    {
        var value = dark ? DesignTokens.Dark(match.Groups[1].Value) : DesignTokens.Light(match.Groups[1].Value);
        return Rem().Replace(value, size => $"{decimal.Parse(size.Groups[1].Value, CultureInfo.InvariantCulture) * 16:0.##}px");
    });

    [GeneratedRegex(@"var\(--([a-z0-9-]+)\)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^([0-9]*\.?[0-9]+)rem$")]
    private static partial Regex Rem();
}
