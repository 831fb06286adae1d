using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace LinkShort.Identity.Domain;

/// <summary>Text that people see, such as their own name or that of an API key.</summary>
public static class UnicodeText
{
    /// <returns>False for text that has no normalization form C, such as lone surrogates.</returns>
    public static bool TryCompose(string text, [NotNullWhen(true)] out string? composed)
    {
        ArgumentNullException.ThrowIfNull(text);
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

    /// <summary>One line for people: composed and trimmed.</summary>
    /// <param name="error">A sentence that says what would be right, or null.</param>
    public static bool TryParseLine(string text, int maxLength, [NotNullWhen(true)] out string? line, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (!TryCompose(text, out line) || line.EnumerateRunes().Any(IsHarmful))
        {
            error = "Control characters are not allowed.";
        }
        else if ((line = line.Trim()).Length == 0)
        {
            error = "This must not be empty.";
        }
        else if (line.Length > maxLength)
        {
            error = $"At most {maxLength} characters.";
        }

        return error is null;
    }

    /// <summary>Controls, line ends, and what turns the reading direction of the text around it. Joiners stay: Persian and emoji need them.</summary>
    private static bool IsHarmful(Rune rune) =>
        rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.Surrogate;
}
