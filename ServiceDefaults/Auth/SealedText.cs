using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>
/// Encrypts secrets in events (the token in an email's link) by AES-256-GCM under a key derived from the internal key, so that outboxes,
/// queues and their backups contain no usable secret.
/// </summary>
public sealed class SealedText(InternalKey key)
{
    private readonly byte[] _key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(key.Key), outputLength: 32, info: "LinkShort.SealedText.v1"u8.ToArray());

    /// <param name="purpose">Must be the same for opening, e.g. the event's name: a text sealed for one purpose can't be opened for another.</param>
    /// <returns>Base64url of nonce, tag and cipher text.</returns>
    public string Seal(string text, string purpose)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        var sealedBytes = new byte[AesGcm.NonceByteSizes.MaxSize + AesGcm.TagByteSizes.MaxSize + plain.Length];
        var (nonce, tag, cipher) = Parts(sealedBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_key, tag.Length);
        aes.Encrypt(nonce, plain, cipher, tag, Encoding.UTF8.GetBytes(purpose));
        return Base64Url.EncodeToString(sealedBytes);
    }

    /// <exception cref="CryptographicException">It was not sealed with this key for this purpose, or was changed.</exception>
    public string Open(string sealedText, string purpose)
    {
        byte[] bytes;
        try
        {
            bytes = Base64Url.DecodeFromChars(sealedText);
        }
        catch (FormatException exception)
        {
            throw new CryptographicException("The text is not sealed.", exception);
        }

        if (bytes.Length < AesGcm.NonceByteSizes.MaxSize + AesGcm.TagByteSizes.MaxSize)
        {
            throw new CryptographicException("The text is not sealed.");
        }

        var (nonce, tag, cipher) = Parts(bytes);
        var plain = new byte[cipher.Length];
        using var aes = new AesGcm(_key, tag.Length);
        aes.Decrypt(nonce, cipher, tag, plain, Encoding.UTF8.GetBytes(purpose));
        return Encoding.UTF8.GetString(plain);
    }

    private static SealedParts Parts(Span<byte> bytes) => new()
    {
        Nonce = bytes[..AesGcm.NonceByteSizes.MaxSize],
        Tag = bytes.Slice(AesGcm.NonceByteSizes.MaxSize, AesGcm.TagByteSizes.MaxSize),
        Cipher = bytes[(AesGcm.NonceByteSizes.MaxSize + AesGcm.TagByteSizes.MaxSize)..],
    };

    private readonly ref struct SealedParts
    {
        public required Span<byte> Nonce { get; init; }

        public required Span<byte> Tag { get; init; }

        public required Span<byte> Cipher { get; init; }

        public void Deconstruct(out Span<byte> nonce, out Span<byte> tag, out Span<byte> cipher)
        {
            nonce = Nonce;
            tag = Tag;
            cipher = Cipher;
        }
    }
}
