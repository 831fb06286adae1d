using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace LinkShort.Identity.Sessions;

/// <summary>256 random bits in base64url. Only the SHA-256 is stored: there is nothing to guess that a slow hash would protect.</summary>
public readonly record struct RefreshToken(string Value)
{
    private const int Bytes = 32;

    /// <summary>Of base64url without padding: 32 bytes.</summary>
    private const int Length = 43;

    public static RefreshToken Create() => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes)));

    /// <returns>False for text that was never a token of ours.</returns>
    public static bool TryHash(string text, [NotNullWhen(true)] out byte[]? hash)
    {
        ArgumentNullException.ThrowIfNull(text);
        Span<byte> bytes = stackalloc byte[Bytes + 1];
        hash = text.Length == Length && Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, bytes, out var written) && written == Bytes
            ? SHA256.HashData(bytes[..Bytes])
            : null;
        return hash is not null;
    }

    public byte[] Hash() => TryHash(Value, out var hash) ? hash : throw new InvalidOperationException("Not a refresh token.");

    /// <summary>A token in a log would be a session in a log.</summary>
    public override string ToString() => "(refresh token)";
}
