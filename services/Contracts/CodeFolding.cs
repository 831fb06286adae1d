using System.Text;

namespace LinkShort.Contracts;

/// <summary>
/// The canonical form of codes on a domain with case-insensitive codes. links keeps codes unique in this form and redirect looks them up in it, so
/// both must use this method.
/// </summary>
public static class CodeFolding
{
    /// <summary>
    /// Normalization form C, then each character's simple upper and lower case mapping of Unicode without any culture
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
