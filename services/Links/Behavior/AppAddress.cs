using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using LinkShort.Links.Domain;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Links.Behavior;

/// <summary>
/// An address that opens an app: https (a universal link or app link), or <c>scheme://…</c> with the app's own scheme (RFC 3986, 3.1).
/// Schemes that browsers and phones handle themselves are refused: they run scripts, read files, show foreign content as if it were
/// ours, or start any component of any app.
/// </summary>
public static partial class AppAddress
{
    private static readonly HashSet<string> Refused = new(StringComparer.OrdinalIgnoreCase)
    {
        "about", "android-app", "blob", "chrome", "chrome-extension", "cid", "content", "data", "edge", "feed", "file", "filesystem", "ftp", "ftps",
        "gopher", "http", "intent", "jar", "javascript", "mailto", "mid", "moz-extension", "ms-appx", "resource", "safari-web-extension",
        "sms", "smsto", "tel", "vbscript", "view-source", "wpad", "ws", "wss", "wyciwyg",
    };

    /// <param name="error">States the rule, for the user.</param>
    public static bool TryParse(
        string text, DestinationPolicy policy, [NotNullWhen(true)] out string? address, [NotNullWhen(false)] out LocalizedText? error)
    {
        address = null;
        if (text.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
        {
            var valid = TargetUrl.TryParse(text, policy, out var url, out error);
            address = url?.Value;
            return valid;
        }

        error = text.Length > TargetUrl.MaxLength ? FieldRules.MaxCharacters(TargetUrl.MaxLength)
            : OwnScheme().Match(text) is not { Success: true } match ? LinksTexts.Of("destinations.appAddress")
            : Refused.Contains(match.Groups["scheme"].Value) ? LinksTexts.Of("destinations.appScheme", ("scheme", match.Groups["scheme"].Value))
            : null;
        address = error is null ? text : null;
        return error is null;
    }

    [GeneratedRegex("""\A(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://[!#-;=?-\[\]^-~]+\z""")]
    private static partial Regex OwnScheme();
}
