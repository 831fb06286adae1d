using System.Text;

namespace LinkShort.Contracts;

/// <summary>
/// The canonical forms of codes. links keeps codes unique in them and redirect looks them up in them, so both must use these methods.
/// </summary>
public static class CodeFolding
{
    private const char TextPresentation = '\uFE0E';
    private const char EmojiPresentation = '\uFE0F';

    /// <summary>
    /// Without the variation selectors that only choose how a symbol is drawn: ❤ and ❤️ look alike, and a keyboard sends one or the other.
    /// </summary>
    /// <returns>The same instance, without allocating, if the code is in this form already.</returns>
    public static string Plain(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        return !HasPresentation(code) ? code
            : code.Replace("\uFE0E", "", StringComparison.Ordinal).Replace("\uFE0F", "", StringComparison.Ordinal);
    }

    public static bool HasPresentation(ReadOnlySpan<char> code) => code.ContainsAny(TextPresentation, EmojiPresentation);

    /// <summary>The form in which codes are unique and looked up.</summary>
    /// <param name="ignoresCase">Whether the domain's codes are case-insensitive.</param>
    public static string KeyOf(string code, bool ignoresCase) => ignoresCase ? Fold(Plain(code)) : Plain(code);

    /// <summary>
    /// The form of codes on a domain with case-insensitive codes: normalization form C, then each character's simple upper and lower case mapping of Unicode without any culture
    /// (<see cref="string.ToUpperInvariant"/>, <see cref="string.ToLowerInvariant"/>). Upper case first, so that letters that share
    /// a capital become one: σ and ς, ſ and s. The number of letters never changes: ß, ı and İ remain as they are.
    /// Idempotent.
    /// </summary>
    /// <returns>The same instance, without allocating, if the code is in this form already.</returns>
    public static string Fold(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        if (Ascii.IsValid(code))
        {
            return code.AsSpan().ContainsAnyInRange('A', 'Z') ? code.ToLowerInvariant() : code;
        }

        // Invalid UTF-16 has no normalization form, and no link has such a code.
        if (!IsText(code))
        {
            return code;
        }

        // Normalized again, because the result of the case mapping may be a letter with a different composition.
        var folded = code.Normalize(NormalizationForm.FormC).ToUpperInvariant().ToLowerInvariant().Normalize(NormalizationForm.FormC);
        return string.Equals(folded, code, StringComparison.Ordinal) ? code : folded;
    }

    private static bool IsText(ReadOnlySpan<char> code)
    {
        for (var rest = code; !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var length) != System.Buffers.OperationStatus.Done || rune.Value == 0xFFFE)
            {
                return false;
            }

            rest = rest[length..];
        }

        return true;
    }
}
