using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace LinkShort.Identity.Domain;

/// <summary>
/// What a mail's link, a session or a remembered device carries: 256 random bits in base64url, good once or for a while. Only the SHA-256
/// is stored: there is nothing to guess that a slow hash would protect. It is found by its hash, so nothing is compared that could be measured.
/// </summary>
public readonly record struct OneTimeSecret(string Value)
{
    private const int Bytes = 32;

    /// <summary>Of base64url without padding.</summary>
    private const int Length = 43;

    public static OneTimeSecret Create() => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes)));

    /// <returns>False for text that was never a secret of ours.</returns>
    public static bool TryHash(string text, [NotNullWhen(true)] out byte[]? hash)
    {
        ArgumentNullException.ThrowIfNull(text);
        Span<byte> bytes = stackalloc byte[Bytes + 1];
        hash = text.Length == Length && Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, bytes, out var written) && written == Bytes
            ? SHA256.HashData(bytes[..Bytes])
            : null;
        return hash is not null;
    }

    public byte[] Hash() => TryHash(Value, out var hash) ? hash : throw new InvalidOperationException("Not a valid token.");

    /// <summary>A secret in a log would be an account in a log.</summary>
    public override string ToString() => "(one-time secret)";
}
