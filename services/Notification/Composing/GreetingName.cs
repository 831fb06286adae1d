using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace LinkShort.Notification.Composing;

/// <summary>
/// A user's name as an email can show it. Anyone can sign up with another person's address and so choose the name in that person's
/// email, so names can't contain links, line breaks or characters that reverse the text.
/// </summary>
public static partial class GreetingName
{
    public const int MaxTextElements = 60;

    /// <returns>Null if there is no usable name.</returns>
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
            // Joiners are part of names in Persian and Indian scripts; the other format characters include bidi overrides.
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

    /// <summary>Email clients turn these into links. "J. R. R. Tolkien" is not one.</summary>
    [GeneratedRegex(@"://|www\.|@|[\p{L}\p{N}]\.\p{L}{2,}|/", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex LinkLike();
}
