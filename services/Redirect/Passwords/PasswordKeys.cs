using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using LinkShort.ServiceDefaults.Auth;

namespace LinkShort.Redirect.Passwords;

/// <summary>
/// Keyed hashes around passwords, the same on every replica: the keys are derived from the installation's secret (HKDF, RFC 5869), one for
/// each use.
/// </summary>
public sealed class PasswordKeys(InternalKey secret)
{
    private const int ExpirySize = 8;
    private const int MacSize = 24;

    private readonly byte[] _forms = Derive(secret, "linkshort redirect password form");
    private readonly byte[] _visitors = Derive(secret, "linkshort redirect password attempts");

    /// <summary>A token that proves that a form was issued by us, for this link, before <paramref name="expires"/>.</summary>
    public string TokenFor(Guid linkId, DateTimeOffset expires)
    {
        Span<byte> token = stackalloc byte[ExpirySize + MacSize];
        BinaryPrimitives.WriteInt64BigEndian(token, expires.ToUnixTimeSeconds());
        MacOf(linkId, token[..ExpirySize], token[ExpirySize..]);
        return Base64Url.EncodeToString(token);
    }

    public bool IsValid(string? token, Guid linkId, DateTimeOffset now)
    {
        Span<byte> bytes = stackalloc byte[ExpirySize + MacSize];
        if (token is null || token.Length != Base64Url.GetEncodedLength(bytes.Length)
            || !Base64Url.TryDecodeFromChars(token, bytes, out var length) || length != bytes.Length)
        {
            return false;
        }

        Span<byte> expected = stackalloc byte[MacSize];
        MacOf(linkId, bytes[..ExpirySize], expected);
        return CryptographicOperations.FixedTimeEquals(bytes[ExpirySize..], expected)
            && now.ToUnixTimeSeconds() < BinaryPrimitives.ReadInt64BigEndian(bytes);
    }

    /// <summary>
    /// A pseudonym for a visitor of a link, from which the address can't be recovered. Of IPv6 only the /64 counts, which one customer has.
    /// </summary>
    public string VisitorOf(Guid linkId, IPAddress? address)
    {
        Span<byte> source = stackalloc byte[32];
        source.Clear();
        linkId.TryWriteBytes(source);
        address?.TryWriteBytes(source[16..], out _);
        if (address?.AddressFamily == AddressFamily.InterNetworkV6)
        {
            source[24..].Clear();
        }

        return Convert.ToHexStringLower(HMACSHA256.HashData(_visitors, source).AsSpan(0, 16));
    }

    private void MacOf(Guid linkId, ReadOnlySpan<byte> expiry, Span<byte> mac)
    {
        Span<byte> source = stackalloc byte[16 + ExpirySize];
        linkId.TryWriteBytes(source);
        expiry.CopyTo(source[16..]);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_forms, source, hash);
        hash[..MacSize].CopyTo(mac);
    }

    private static byte[] Derive(InternalKey secret, string use) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret.Key), 32, info: Encoding.UTF8.GetBytes(use));
}
