using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace LinkShort.Redirect.Clicks;

/// <summary>
/// Tells visitors of a workspace apart for a day, without a cookie and without keeping an address: the first 64 bits of
/// SHA-256(salt of the day ‖ workspace ‖ address as IPv6 ‖ user agent).
/// </summary>
public static class VisitorHash
{
    private const int AddressOffset = 32 + 16;
    private const int UserAgentOffset = AddressOffset + 16;

    /// <param name="salt">32 bytes.</param>
    /// <param name="userAgent">Only its first <see cref="ClickRecord.MaxUserAgent"/> characters count.</param>
    public static long Of(ReadOnlySpan<byte> salt, Guid workspaceId, IPAddress? address, string? userAgent)
    {
        Span<byte> source = stackalloc byte[UserAgentOffset + ClickRecord.MaxUserAgent];
        salt.CopyTo(source);
        workspaceId.TryWriteBytes(source[32..]);
        WriteAddress(address, source.Slice(AddressOffset, 16));
        var length = UserAgentOffset;
        if (userAgent is not null)
        {
            length += Encoding.Latin1.GetBytes(userAgent.AsSpan(0, Math.Min(userAgent.Length, ClickRecord.MaxUserAgent)), source[UserAgentOffset..]);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(source[..length], hash);
        return BinaryPrimitives.ReadInt64BigEndian(hash);
    }

    private static void WriteAddress(IPAddress? address, Span<byte> bytes)
    {
        bytes.Clear();
        if (address is null)
        {
            return;
        }

        if (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork)
        {
            // As IPv4-mapped IPv6 (RFC 4291, 2.5.5.2): the same visitor whichever socket took the connection.
            bytes[10] = bytes[11] = 0xFF;
            address.TryWriteBytes(bytes[12..], out _);
        }
        else
        {
            address.TryWriteBytes(bytes, out _);
        }
    }
}
