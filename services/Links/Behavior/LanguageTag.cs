using System.Text.RegularExpressions;

namespace LinkShort.Links.Behavior;

/// <summary>A BCP 47 language tag (RFC 5646, 2.1) of language, script, region and variants. Extensions and private use are not supported.</summary>
internal static partial class LanguageTag
{
    private const int MaxLength = 35;

    /// <returns>In the letter case that RFC 5646, 2.1.1 recommends: <c>zh-Hant-TW</c>; null if the tag is invalid.</returns>
    public static string? Canonical(string text)
    {
        if (text.Length > MaxLength || !Tag().IsMatch(text))
        {
            return null;
        }

        var parts = text.ToLowerInvariant().Split('-');
        for (var i = 1; i < parts.Length; i++)
        {
            parts[i] = parts[i].Length switch
            {
                2 => parts[i].ToUpperInvariant(),
                4 when char.IsAsciiLetter(parts[i][0]) => char.ToUpperInvariant(parts[i][0]) + parts[i][1..],
                _ => parts[i],
            };
        }

        return string.Join('-', parts);
    }

    [GeneratedRegex(@"\A[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Tag();
}
