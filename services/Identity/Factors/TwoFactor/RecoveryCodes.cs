using System.Security.Cryptography;
using System.Text;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.Factors.TwoFactor;

/// <summary>
/// Ten codes for users who lose their phone. They have 80 random bits each, so a plain SHA-256 (with the owner's id in it) protects
/// them. Each works once.
/// </summary>
public static class RecoveryCodes
{
    public const int Count = 10;

    private const int Characters = 16;

    /// <summary>Crockford's base 32: without I, L, O and U, which are easily misread.</summary>
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>Replaces all earlier ones.</summary>
    /// <returns><c>XXXX-XXXX-XXXX-XXXX</c>; only their hashes are stored.</returns>
    public static async Task<IReadOnlyList<string>> ReplaceAsync(UnitOfWork work, Guid userId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var codes = new string[Count];
        for (var i = 0; i < Count; i++)
        {
            codes[i] = string.Join('-', RandomNumberGenerator.GetString(Alphabet, Characters).Chunk(4).Select(part => new string(part)));
        }

        await RemoveAsync(work, userId, cancellationToken);
        await work.ExecuteAsync(
            "insert into recovery_codes (user_id, code_hash, created_at) select @userId, hash, @now from unnest(@Hashes) hash",
            new { userId, now, Hashes = codes.Select(code => Hash(userId, code.Replace("-", "", StringComparison.Ordinal))).ToArray() },
            cancellationToken);
        return codes;
    }

    /// <summary>Uses a code up by one atomic update, so that one of two concurrent uses wins.</summary>
    public static async Task<bool> UseAsync(UnitOfWork work, Guid userId, string code, DateTimeOffset now, CancellationToken cancellationToken)
    {
        return TryParse(code, out var plain) && await work.ExecuteAsync(
            // Looked up by hash: timing could only reveal something about the hash of a guess.
            "update recovery_codes set used_at = @now where user_id = @userId and code_hash = @Hash and used_at is null",
            new { userId, now, Hash = Hash(userId, plain) }, cancellationToken) == 1;
    }

    public static async Task RemoveAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        await work.ExecuteAsync(
            "delete from recovery_codes where user_id = @userId", new { userId }, cancellationToken);
    }

    /// <summary>Dashes, spaces and case don't matter; O is read as 0, I and L as 1.</summary>
    private static bool TryParse(string text, out string code)
    {
        var characters = new StringBuilder(Characters);
        foreach (var each in text)
        {
            if (each is '-' or ' ')
            {
                continue;
            }

            var plain = char.ToUpperInvariant(each) switch
            {
                'O' => '0',
                'I' or 'L' => '1',
                var other => other,
            };
            if (characters.Length == Characters || !Alphabet.Contains(plain, StringComparison.Ordinal))
            {
                code = "";
                return false;
            }

            characters.Append(plain);
        }

        code = characters.ToString();
        return code.Length == Characters;
    }

    private static byte[] Hash(Guid userId, string code) => SHA256.HashData([.. userId.ToByteArray(bigEndian: true), .. Encoding.ASCII.GetBytes(code)]);
}
