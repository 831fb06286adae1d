using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace LinkShort.Identity.Domain;

/// <summary>
/// A secret in an email's link, a session or on a trusted device: 256 random bits in base64url. Only the SHA-256 is stored, as a slow hash
/// would add nothing to 256 bits. Secrets are looked up by their hash, so there is no comparison whose time could be measured.
/// </summary>
public readonly record struct OneTimeSecret(string Value)
{
    private const int Bytes = 32;

    /// <summary>32 bytes in base64url without padding.</summary>
    private const int Length = 43;

    public static OneTimeSecret Create() => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes)));

    /// <returns>False for text that isn't a secret of this form.</returns>
    public static bool TryHash(string text, [NotNullWhen(true)] out byte[]? hash)
    {
        Span<byte> bytes = stackalloc byte[Bytes + 1];
        hash = text.Length == Length && Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, bytes, out var written) && written == Bytes
            ? SHA256.HashData(bytes[..Bytes])
            : null;
        return hash is not null;
    }

    public byte[] Hash() => TryHash(Value, out var hash) ? hash : throw new InvalidOperationException("Not a valid token.");

    /// <summary>Secrets must not be logged.</summary>
    public override string ToString() => "(one-time secret)";
}
