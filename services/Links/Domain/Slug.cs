using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Links.Domain;

/// <summary>
/// A short code: 1 to 128 Unicode letters, digits, emoji and <c>- _ . ~</c>, in segments separated by <c>/</c>, in normalization
/// form C, case-sensitive. Codes exclude everything that could be read, typed or routed as something else: spaces, control and invisible
/// characters (except joiners that a script or an emoji needs), <c>%</c>, <c>+</c> (<c>{code}+</c> is the preview page), dot segments,
/// reserved first segments.
/// </summary>
public sealed record Slug
{
    public const int MaxLength = 128;
    public const int MaxSegments = 8;

    private Slug(string value) => Value = value;

    public string Value { get; }

    /// <param name="error">States the rule, for the user.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Slug? slug, [NotNullWhen(false)] out LocalizedText? error)
    {
        slug = null;
        if (string.IsNullOrEmpty(text))
        {
            error = LinksTexts.Of("codes.empty");
            return false;
        }

        // Checked before normalization, which is expensive for huge texts and shortens only by a small factor.
        if (text.Length > 8 * MaxLength)
        {
            error = TooLong;
            return false;
        }

        if (!IsWellFormed(text))
        {
            error = FieldRules.Unicode;
            return false;
        }

        var code = text.Normalize(NormalizationForm.FormC);
        if (code.EnumerateRunes().Count() > MaxLength)
        {
            error = TooLong;
            return false;
        }

        error = ErrorIn(code);
        slug = error is null ? new Slug(code) : null;
        return error is null;
    }

    public override string ToString() => Value;

    private static LocalizedText TooLong => FieldRules.MaxCharacters(MaxLength);

    private static LocalizedText? ErrorIn(string code)
    {
        var segments = code.Split('/');
        if (segments.Length > MaxSegments)
        {
            return LinksTexts.Of("codes.segments", ("max", MaxSegments));
        }

        foreach (var segment in segments)
        {
            if (segment.Length == 0)
            {
                return LinksTexts.Of("codes.slashes");
            }

            // Browsers resolve . and .. before sending the request; longer runs of dots are typos of them.
            if (!segment.AsSpan().ContainsAnyExcept('.'))
            {
                return LinksTexts.Of("codes.dots");
            }

            if (ErrorInSegment(segment) is { } error)
            {
                return error;
            }
        }

        return ReservedCodes.All.Contains(segments[0]) ? LinksTexts.Of("codes.reserved", ("code", segments[0])) : null;
    }

    private static LocalizedText? ErrorInSegment(string segment)
    {
        var runes = segment.EnumerateRunes().ToArray();
        for (var i = 0; i < runes.Length;)
        {
            var length = EmojiSequences.LengthAt(runes, i) is > 0 and var emoji ? emoji : IsAllowed(runes, i) ? 1 : 0;
            if (length == 0)
            {
                return LinksTexts.Of("codes.character", ("character", Describe(runes[i])));
            }

            i += length;
        }

        return null;
    }

    /// <summary>Whether a character may be in a code outside an emoji sequence.</summary>
    private static bool IsAllowed(ReadOnlySpan<Rune> runes, int at)
    {
        var rune = runes[at];
        if (rune.Value is '-' or '_' or '.' or '~')
        {
            return true;
        }

        if (Joiners.IsJoiner(rune))
        {
            return Joiners.IsNeededAt(runes, at);
        }

        return !IsInvisible(rune) && Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.DecimalDigitNumber => true,
            // A mark combines with the preceding character; at the start of a segment it would combine with the slash.
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark => at > 0,
            _ => false,
        };
    }

    /// <summary>Letters, marks and symbols that are invisible or replace unknown characters
    /// (Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties, the Braille blank, the replacement characters).</summary>
    private static bool IsInvisible(Rune rune) => rune.Value
        is 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or (>= 0x180B and <= 0x180F) or 0x2800 or 0x3164
        or (>= 0xFE00 and <= 0xFE0F) or 0xFFA0 or (>= 0xFFF0 and <= 0xFFFD) or (>= 0xE0000 and <= 0xE0FFF);

    private static string Describe(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark => $"U+{rune.Value:X4}",
        _ => $"'{rune}'",
    };

    /// <returns>False for lone surrogates, and for U+FFFE, a noncharacter without a normalization form.</returns>
    internal static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        if (text.Contains('\uFFFE'))
        {
            return false;
        }

        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out var consumed) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            text = text[consumed..];
        }

        return true;
    }
}
