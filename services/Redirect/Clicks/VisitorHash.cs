using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace LinkShort.Redirect.Clicks;

/// <summary>
/// Distinguishes visitors of a workspace for a day, without a cookie and without storing an address: SipHash-2-4 (Aumasson, Bernstein,
/// 2012), a pseudo-random function with a secret key, of workspace ‖ address as IPv6 ‖ user agent. The key is the daily salt; without it a
/// hash can't be traced back to a visitor. For inputs this short it takes a fifth of the time of SHA-256, for which every visitor would wait.
/// </summary>
public static class VisitorHash
{
    private const int AddressOffset = 16;
    private const int UserAgentOffset = AddressOffset + 16;

    /// <param name="salt">At least 16 bytes.</param>
    /// <param name="userAgent">Only its first <see cref="ClickRecord.MaxUserAgent"/> characters count.</param>
    [SkipLocalsInit]
    public static long Of(ReadOnlySpan<byte> salt, Guid workspaceId, IPAddress? address, string? userAgent)
    {
        Span<byte> source = stackalloc byte[UserAgentOffset + ClickRecord.MaxUserAgent];
        workspaceId.TryWriteBytes(source);
        WriteAddress(address, source.Slice(AddressOffset, 16));
        var length = UserAgentOffset;
        if (userAgent is not null)
        {
            length += Encoding.Latin1.GetBytes(userAgent.AsSpan(0, Math.Min(userAgent.Length, ClickRecord.MaxUserAgent)), source[UserAgentOffset..]);
        }

        return (long)SipHash(BinaryPrimitives.ReadUInt64LittleEndian(salt), BinaryPrimitives.ReadUInt64LittleEndian(salt[8..]), source[..length]);
    }

    internal static ulong SipHash(ulong firstKey, ulong secondKey, ReadOnlySpan<byte> message)
    {
        var v0 = firstKey ^ 0x736F6D6570736575;
        var v1 = secondKey ^ 0x646F72616E646F6D;
        var v2 = firstKey ^ 0x6C7967656E657261;
        var v3 = secondKey ^ 0x7465646279746573;
        var last = (ulong)message.Length << 56;
        for (; message.Length >= 8; message = message[8..])
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(message);
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
        }

        for (var i = 0; i < message.Length; i++)
        {
            last |= (ulong)message[i] << (8 * i);
        }

        v3 ^= last;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= last;
        v2 ^= 0xFF;
        for (var i = 0; i < 4; i++)
        {
            Round(ref v0, ref v1, ref v2, ref v3);
        }

        return v0 ^ v1 ^ v2 ^ v3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
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
            // As IPv4-mapped IPv6 (RFC 4291, 2.5.5.2), so that the hash doesn't depend on the socket's address family.
            bytes[10] = bytes[11] = 0xFF;
            address.TryWriteBytes(bytes[12..], out _);
        }
        else
        {
            address.TryWriteBytes(bytes, out _);
        }
    }
}
