using System.Text;

namespace LinkShort.Contracts;

/// <summary>
/// The one form of codes on a domain that does not tell upper from lower case. links keeps codes unique in it, redirect looks codes
/// up in it: both must fold alike, so this is the only place that does.
/// </summary>
public static class CodeFolding
{
    /// <summary>
    /// Normalization form C, then each character's simple upper and lower case mapping of Unicode without any culture
    /// (<see cref="string.ToUpperInvariant"/>, <see cref="string.ToLowerInvariant"/>). Upper case first, so that letters that share
    /// a capital become one: σ and ς, ſ and s. The length of words never changes: ß stays ß, and ı and İ stay what they are.
    /// Folding twice is folding once.
    /// </summary>
    /// <returns>The same instance when nothing is to be done, without allocating.</returns>
    public static string Fold(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        if (Ascii.IsValid(code))
        {
            return code.AsSpan().ContainsAnyInRange('A', 'Z') ? code.ToLowerInvariant() : code;
        }

        // What is no text has no normalization form either, and no link.
        if (!IsText(code))
        {
            return code;
        }

        // Mapping can take a composed letter to one whose composition looks different.
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
