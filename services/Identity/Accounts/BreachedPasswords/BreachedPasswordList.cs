using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Accounts.BreachedPasswords;

/// <summary>
/// Passwords that attackers try first: 49,223 of the most common ones are built in (npm's @zxcvbn-ts/language-common 4.1.3 and zxcvbn
/// 4.4.2, both MIT, © Dan Wheeler, Dropbox and @zxcvbn-ts), as the sorted first 40 bits of the SHA-256 of each in lower case. One in
/// 20 million other passwords is a false positive. An operator can add a file of all breached passwords.
/// </summary>
public sealed class BreachedPasswordList
{
    /// <summary>Per hash.</summary>
    private const int EntryBytes = 5;

    /// <summary>The suffix that users add to satisfy a rule: "Summer2026!".</summary>
    private const int LongestTail = 6;

    private const int ShortestWord = 4;

    private static readonly byte[] BuiltIn = Read();

    private readonly SortedHashFile? _file;

    public BreachedPasswordList(IOptions<IdentityServiceOptions> options)
    {
        _file = options.Value.BreachedPasswordsFile is { Length: > 0 } path ? new SortedHashFile(path) : null;
    }

    /// <param name="password">In Unicode form C, as it is hashed.</param>
    public bool Contains(string password)
    {
        return Disguises(password).Any(IsCommon) || _file?.Contains(password) == true;
    }

    /// <summary>The words behind this password: in lower case, without trailing digits and symbols, with letters for look-alikes.</summary>
    public static IEnumerable<string> Disguises(string password)
    {
        var lower = password.ToLowerInvariant();
        var word = WithoutTail(lower);
        return new[] { lower, word, Plain(lower), Plain(word), WithoutTail(Plain(lower)) }.Distinct(StringComparer.Ordinal);
    }

    private static string WithoutTail(string text)
    {
        var end = text.Length;
        while (end > 0 && text.Length - end < LongestTail && !char.IsLetter(text[end - 1]))
        {
            end--;
        }

        return end >= ShortestWord && (end == text.Length || char.IsLetter(text[end - 1])) ? text[..end] : text;
    }

    private static string Plain(string text) => string.Create(text.Length, text, static (span, from) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = from[i] switch
            {
                '@' or '4' => 'a',
                '3' or '€' => 'e',
                '1' or '!' => 'i',
                '0' => 'o',
                '$' or '5' => 's',
                '7' => 't',
                var other => other,
            };
        }
    });

    private static bool IsCommon(string candidate)
    {
        ReadOnlySpan<byte> hash = SHA256.HashData(Encoding.UTF8.GetBytes(candidate)).AsSpan(0, EntryBytes);
        var (low, high) = (0, BuiltIn.Length / EntryBytes);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var order = BuiltIn.AsSpan(middle * EntryBytes, EntryBytes).SequenceCompareTo(hash);
            if (order == 0)
            {
                return true;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle);
        }

        return false;
    }

    private static byte[] Read()
    {
        using var stream = typeof(BreachedPasswordList).Assembly.GetManifestResourceStream("common-passwords.bin")!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
