using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace LinkShort.Redirect.Routing;

/// <summary>
/// Extracts the code from a raw request target. Percent-encoded and literal forms of a code are equal, in Unicode normalization form C;
/// trailing slashes and the query are ignored; case is not. A target that can't contain a code (malformed escapes, invalid or overlong
/// UTF-8, control characters, more than <see cref="MaxLength"/> characters) is <see cref="Parsed.Impossible"/> and answered without a
/// lookup.
/// </summary>
public static class CodePath
{
    /// <summary>In UTF-16 code units, after decoding. Longer than any code that links accepts.</summary>
    public const int MaxLength = 512;

    // Characters that clients send unencoded and that mean themselves: this common case needs no copy.
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/!$&'()*+,;=:@");

    /// <summary>The result of parsing a target.</summary>
    public enum Parsed
    {
        /// <summary>A code, which may exist.</summary>
        Code,

        /// <summary>The root, without a code.</summary>
        Empty,

        /// <summary>A target that can't be a code.</summary>
        Impossible,
    }

    /// <param name="target">The raw request target: <c>/code?query</c>, or the absolute form, which clients send to proxies.</param>
    /// <param name="code">A slice of <paramref name="target"/>, unless decoding was necessary.</param>
    public static Parsed Parse(ReadOnlySpan<char> target, out ReadOnlySpan<char> code)
    {
        code = default;
        if (target.IsEmpty || target[0] != '/')
        {
            target = PathOfAbsoluteForm(target);
        }

        var end = target.IndexOfAny('?', '#');
        var path = (end < 0 ? target : target[..end]).TrimEnd('/');
        if (path.Length < 2)
        {
            return Parsed.Empty;
        }

        path = path[1..];
        if (!path.ContainsAnyExcept(Plain))
        {
            code = path;
            return path.Length <= MaxLength ? Parsed.Code : Parsed.Impossible;
        }

        return Decode(path, out code);
    }

    private static ReadOnlySpan<char> PathOfAbsoluteForm(ReadOnlySpan<char> target)
    {
        var authority = target.IndexOf("://", StringComparison.Ordinal);
        if (authority < 0)
        {
            return default;
        }

        var path = target[(authority + 3)..].IndexOf('/');
        return path < 0 ? default : target[(authority + 3 + path)..];
    }

    private static Parsed Decode(ReadOnlySpan<char> path, out ReadOnlySpan<char> code)
    {
        code = default;
        // Each code unit takes at most three bytes of UTF-8, each of which can be written as %XX.
        if (path.Length > MaxLength * 9)
        {
            return Parsed.Impossible;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(path.Length * 3);
        try
        {
            if (!TryUnescape(path, bytes, out var length))
            {
                return Parsed.Impossible;
            }

            Span<char> text = stackalloc char[MaxLength];
            // Strict: overlong forms, surrogates and truncated sequences are refused, so that a code has no ambiguous spelling.
            if (Utf8.ToUtf16(bytes.AsSpan(0, length), text, out _, out var written, replaceInvalidSequences: false) != OperationStatus.Done)
            {
                return Parsed.Impossible;
            }

            var decoded = text[..written].TrimEnd('/');
            if (decoded.IsEmpty)
            {
                return Parsed.Empty;
            }

            foreach (var character in decoded)
            {
                if (char.IsControl(character))
                {
                    return Parsed.Impossible;
                }
            }

            var normalized = decoded.ToString().Normalize(NormalizationForm.FormC);
            code = normalized;
            return normalized.Length <= MaxLength ? Parsed.Code : Parsed.Impossible;
        }
        catch (ArgumentException)
        {
            // Thrown by Normalize for code points without a normal form.
            return Parsed.Impossible;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static bool TryUnescape(ReadOnlySpan<char> path, Span<byte> bytes, out int length)
    {
        length = 0;
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '%')
            {
                if (i + 2 >= path.Length || !byte.TryParse(path.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[length]))
                {
                    return false;
                }

                length++;
                i += 2;
            }
            else if (Rune.DecodeFromUtf16(path[i..], out var rune, out var consumed) == OperationStatus.Done)
            {
                length += rune.EncodeToUtf8(bytes[length..]);
                i += consumed - 1;
            }
            else
            {
                return false;
            }
        }

        return true;
    }
}
