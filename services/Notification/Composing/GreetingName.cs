using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace LinkShort.Notification.Composing;

/// <summary>
/// A person's name as a mail can show it. Whoever signs up with somebody else's address chooses the name that this somebody
/// reads, so it can't carry a link, a line break or characters that turn the text around.
/// </summary>
public static partial class GreetingName
{
    public const int MaxTextElements = 60;

    /// <returns>Null when there is nothing to greet by.</returns>
    public static string? From(string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            return null;
        }

        var cleaned = new StringBuilder();
        foreach (var rune in name.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            if (Rune.IsWhiteSpace(rune) || category is UnicodeCategory.Control)
            {
                if (cleaned.Length > 0 && cleaned[^1] != ' ')
                {
                    cleaned.Append(' ');
                }
            }
            // Joiners are part of names in Persian and Indian scripts; other format characters include the bidi overrides.
            else if (category is not (UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)
                || rune.Value is 0x200C or 0x200D)
            {
                cleaned.Append(rune.ToString());
            }
        }

        var text = cleaned.ToString().Replace("\uFFFD", "", StringComparison.Ordinal).Trim();
        if (text.Length == 0 || LinkLike().IsMatch(text))
        {
            return null;
        }

        var elements = new StringInfo(text);
        return elements.LengthInTextElements <= MaxTextElements ? text : elements.SubstringByTextElements(0, MaxTextElements).TrimEnd() + "…";
    }

    /// <summary>Mail clients make links of these by themselves. "J. R. R. Tolkien" is none.</summary>
    [GeneratedRegex(@"://|www\.|@|[\p{L}\p{N}]\.\p{L}{2,}|/", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex LinkLike();
}
