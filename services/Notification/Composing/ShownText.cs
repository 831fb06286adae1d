using System.Globalization;
using System.Text;

namespace LinkShort.Notification.Composing;

/// <summary>A name chosen by the account's owner, as shown in an email: one line, without characters that reverse the text.</summary>
public static class ShownText
{
    public const int MaxLength = 200;

    /// <returns>Null if nothing is left to show.</returns>
    public static string? From(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        var kept = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            var category = Rune.GetUnicodeCategory(rune);
            if (Rune.IsWhiteSpace(rune) || category is UnicodeCategory.Control)
            {
                kept.Append(' ');
            }
            else if (category is not (UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)
                && rune != Rune.ReplacementChar)
            {
                kept.Append(rune.ToString());
            }
        }

        var elements = new StringInfo(kept.ToString().Trim());
        return elements.LengthInTextElements switch
        {
            0 => null,
            <= MaxLength => elements.String,
            _ => elements.SubstringByTextElements(0, MaxLength) + "…",
        };
    }
}
