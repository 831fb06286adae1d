using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;

namespace LinkShort.Identity.Domain;

/// <summary>Text that users see, such as names of users and API keys.</summary>
public static class UnicodeText
{
    /// <returns>False for text that has no normalization form C, such as lone surrogates.</returns>
    public static bool TryCompose(string text, [NotNullWhen(true)] out string? composed)
    {
        try
        {
            composed = text.Normalize(NormalizationForm.FormC);
            return true;
        }
        catch (ArgumentException)
        {
            composed = null;
            return false;
        }
    }

    /// <summary>Parses one line of text, composed and trimmed.</summary>
    /// <param name="error">A sentence that states the rule, or null.</param>
    public static bool TryParseLine(string text, int maxLength, [NotNullWhen(true)] out string? line, [NotNullWhen(false)] out LocalizedText? error)
    {
        error = null;
        if (!TryCompose(text, out line) || line.EnumerateRunes().Any(IsHarmful))
        {
            error = IdentityTexts.Of("accounts.controls");
        }
        else if ((line = line.Trim()).Length == 0)
        {
            error = IdentityTexts.Of("accounts.empty");
        }
        else if (Characters.Exceed(line, maxLength))
        {
            error = FieldRules.MaxCharacters(maxLength);
        }

        return error is null;
    }

    /// <summary>Controls, line breaks, and directional overrides, which affect the text around them. Joiners are allowed: Persian and emoji need them.</summary>
    private static bool IsHarmful(Rune rune) =>
        rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.Surrogate;
}
