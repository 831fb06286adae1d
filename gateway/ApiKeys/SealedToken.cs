using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace LinkShort.Gateway.ApiKeys;

/// <summary>
/// An access token as stored in Redis: encrypted (AES-256-GCM) with a key derived from the API key itself. Reading Redis without the API key
/// reveals no token, and writing to Redis can't plant one.
/// </summary>
/// <remarks>
/// Layout: version 2, nonce (12 bytes), tag (16), ciphertext (expiry in Unix milliseconds as 8 bytes big-endian; allowed networks separated
/// by spaces, 0 or more, and a line feed; token; both in UTF-8).
/// </remarks>
internal static class SealedToken
{
    private const byte Version = 2;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int Header = 1 + NonceSize + TagSize;

    public static byte[] Seal(string apiKey, string keyHash, AccessToken token)
    {
        var text = $"{string.Join(' ', token.AllowedNetworks ?? [])}\n{token.Value}";
        var plain = new byte[8 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteInt64BigEndian(plain, token.UsableUntil.ToUnixTimeMilliseconds());
        Encoding.UTF8.GetBytes(text, plain.AsSpan(8));

        var sealedToken = new byte[Header + plain.Length];
        sealedToken[0] = Version;
        var nonce = sealedToken.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(KeyOf(apiKey), TagSize);
        cipher.Encrypt(nonce, plain, sealedToken.AsSpan(Header), sealedToken.AsSpan(1 + NonceSize, TagSize), Encoding.UTF8.GetBytes(keyHash));
        return sealedToken;
    }

    /// <returns>Null if it was not sealed with this API key.</returns>
    public static AccessToken? Open(string apiKey, string keyHash, ReadOnlySpan<byte> sealedToken)
    {
        if (sealedToken.Length < Header + 8 || sealedToken[0] != Version)
        {
            return null;
        }

        var plain = new byte[sealedToken.Length - Header];
        using var cipher = new AesGcm(KeyOf(apiKey), TagSize);
        try
        {
            cipher.Decrypt(
                sealedToken.Slice(1, NonceSize), sealedToken[Header..], sealedToken.Slice(1 + NonceSize, TagSize), plain, Encoding.UTF8.GetBytes(keyHash));
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(plain.AsSpan(8));
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        return new AccessToken(
            text[(end + 1)..],
            DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(plain)),
            end <= 0 ? null : [.. text[..end].Split(' ').Select(network => IPNetwork.Parse(network))]);
    }

    private static byte[] KeyOf(string apiKey) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(apiKey), 32, info: "LinkShort gateway: cached access token"u8.ToArray());
}

/// <param name="UsableUntil">When the key has to be exchanged again, well before the token expires.</param>
/// <param name="AllowedNetworks">The networks that the key may be used from; null for no restriction.</param>
internal sealed record AccessToken(string Value, DateTimeOffset UsableUntil, IReadOnlyList<IPNetwork>? AllowedNetworks)
{
    public bool IsAllowedFrom(IPAddress? address)
    {
        if (AllowedNetworks is null)
        {
            return true;
        }

        var plain = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        return plain is not null && AllowedNetworks.Any(network => network.Contains(plain));
    }
}
