using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace LinkShort.SystemTests;

/// <summary>The codes of an authenticator app (RFC 6238).</summary>
internal static class Totp
{
    /// <param name="base32">The secret, as the app is shown it.</param>
    /// <param name="ahead">Number of periods of 30 seconds after the current one.</param>
    public static string CodeOf(string base32, int ahead = 0)
    {
        var bits = string.Concat(base32.Select(letter => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(letter, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        var key = Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2)).ToArray();
        var counter = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, (TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 30) + ahead);
#pragma warning disable CA5350 // The algorithm of the RFC and of the apps.
        var hash = HMACSHA1.HashData(key, counter);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(hash[^1] & 0x0F)) & 0x7FFF_FFFF;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }
}
