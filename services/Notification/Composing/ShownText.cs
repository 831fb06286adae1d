using System.Globalization;
using System.Text;

namespace LinkShort.Notification.Composing;

/// <summary>A name that an account's owner has given to something, as the mail to them shows it: one line, nothing that turns the text around.</summary>
public static class ShownText
{
    public const int MaxLength = 200;

    /// <returns>Null when there is nothing to show.</returns>
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
