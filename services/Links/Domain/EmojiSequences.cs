using System.Globalization;
using System.Text;

namespace LinkShort.Links.Domain;

/// <summary>
/// Emoji in codes: the characters and sequences of UTS #51, with or without their variation selectors, which <see cref="Contracts.CodeFolding.Plain"/>
/// ignores.
/// </summary>
internal static class EmojiSequences
{
    public const int ZeroWidthJoiner = 0x200D;
    public const int Keycap = 0x20E3;
    private const int BlackFlag = 0x1F3F4;
    private const int CancelTag = 0xE007F;

    /// <summary>
    /// The subdivision flags that Unicode recommends for interchange (emoji-sequences.txt, RGI_Emoji_Tag_Sequence). Any other would look like the
    /// black flag alone.
    /// </summary>
    private static readonly string[] Subdivisions = ["gbeng", "gbsct", "gbwls"];

    /// <summary>Symbols (also those of newer versions of Unicode), and the emoji that are punctuation or mathematical signs.</summary>
    public static bool IsEmoji(Rune rune) => rune.Value is
        // ‼ ⁉ ↔ ◻◼◽◾ ⤴⤵ 〰 〽
        0x203C or 0x2049 or 0x2194 or (>= 0x25FB and <= 0x25FE) or 0x2934 or 0x2935 or 0x3030 or 0x303D
        || Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.OtherSymbol => rune.Value != 0x2800 && rune.Value is not (0xFFFC or 0xFFFD),
            // Reserved for pictographs (Extended_Pictographic of emoji-data.txt).
            UnicodeCategory.OtherNotAssigned => rune.Value is >= 0x1F680 and <= 0x1FAFF,
            _ => false,
        };

    public static bool IsSkinTone(Rune rune) => rune.Value is >= 0x1F3FB and <= 0x1F3FF;

    /// <summary>VS15 and VS16: drawn as text, drawn as an emoji.</summary>
    public static bool IsPresentation(Rune rune) => rune.Value is 0xFE0E or 0xFE0F;

    /// <returns>How many runes at <paramref name="at"/> are an emoji sequence; 0 if none starts there.</returns>
    public static int LengthAt(ReadOnlySpan<Rune> runes, int at)
    {
        var length = ElementLength(runes[at..]);
        while (length > 0 && at + length + 1 < runes.Length && runes[at + length].Value == ZeroWidthJoiner
            && ElementLength(runes[(at + length + 1)..]) is > 0 and var next)
        {
            length += 1 + next;
        }

        return length;
    }

    /// <summary>A keycap, or an emoji with a variation selector, a skin tone, both, or the tags of a flag.</summary>
    private static int ElementLength(ReadOnlySpan<Rune> runes)
    {
        if (KeycapLength(runes) is > 0 and var keycap)
        {
            return keycap;
        }

        if (!IsEmoji(runes[0]))
        {
            // ℹ is a letter: only its selector makes it an emoji.
            return runes[0].Value == 0x2139 && runes.Length > 1 && IsPresentation(runes[1]) ? 2 : 0;
        }

        var length = 1;
        if (length < runes.Length && IsPresentation(runes[length]))
        {
            length++;
        }

        if (length < runes.Length && IsSkinTone(runes[length]))
        {
            length++;
        }

        return length == 1 && runes[0].Value == BlackFlag ? 1 + TagsLength(runes[1..]) : length;
    }

    private static int KeycapLength(ReadOnlySpan<Rune> runes)
    {
        if (!(runes[0].Value is (>= '0' and <= '9') or '#' or '*'))
        {
            return 0;
        }

        var at = runes.Length > 1 && runes[1].Value == 0xFE0F ? 2 : 1;
        return at < runes.Length && runes[at].Value == Keycap ? at + 1 : 0;
    }

    private static int TagsLength(ReadOnlySpan<Rune> runes)
    {
        foreach (var subdivision in Subdivisions)
        {
            var length = subdivision.Length;
            if (runes.Length > length && runes[length].Value == CancelTag && AreTags(runes, subdivision))
            {
                return length + 1;
            }
        }

        return 0;
    }

    private static bool AreTags(ReadOnlySpan<Rune> runes, string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (runes[i].Value != 0xE0000 + text[i])
            {
                return false;
            }
        }

        return true;
    }
}
