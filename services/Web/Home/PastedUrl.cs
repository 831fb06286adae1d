using System.Diagnostics.CodeAnalysis;

namespace LinkShort.Web.Home;

/// <summary>
/// What somebody pasted or typed as a destination: trimmed, and with https:// if it has no scheme. Finds only what is obviously no URL, at once;
/// the API has the last word. Assets/js/shorten.js has the same rules.
/// </summary>
public static class PastedUrl
{
    private const int MaxLength = 2048;

    /// <param name="fault">Key of the message.</param>
    public static bool TryRead(string? text, [NotNullWhen(true)] out string? url, [NotNullWhen(false)] out string? fault)
    {
        url = (text ?? "").Trim();
        var colon = url.IndexOf(':', StringComparison.Ordinal);
        // example.com:8080 has no scheme, but mailto:ann@example.com has.
        var hasScheme = url.Contains("://", StringComparison.Ordinal) || (colon > 0 && !url.AsSpan(0, colon).Contains('.') && !url.AsSpan(0, colon).Contains('/'));
        if (url.Length > 0 && !hasScheme)
        {
            url = "https://" + url;
        }

        fault = url switch
        {
            "" => "home.urlMissing",
            { Length: > MaxLength } => "home.urlTooLong",
            _ when !url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) => "home.urlScheme",
            _ when !Uri.TryCreate(url, UriKind.Absolute, out var parsed) || !IsHost(parsed) || url.Any(char.IsWhiteSpace) => "home.urlIncomplete",
            _ => null,
        };
        if (fault is not null)
        {
            url = null;
        }

        return fault is null;
    }

    private static bool IsHost(Uri url) => url.HostNameType is UriHostNameType.IPv6 || url.Host.Trim('.').Contains('.', StringComparison.Ordinal);
}
