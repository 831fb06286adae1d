using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LinkShort.Identity.Factors.TwoFactor;

/// <summary>
/// Time-based one-time passwords as every authenticator app makes them (RFC 6238): HMAC-SHA-1 over the number of 30-second steps since
/// 1970, cut to 6 digits (RFC 4226, 5.3).
/// </summary>
public static class Totp
{
    public const int SecretBytes = 20;

    public const int Digits = 6;

    public const int StepSeconds = 30;

    /// <summary>The tolerated difference of clocks, in steps either way.</summary>
    public const int Drift = 2;

    private const string Base32Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>160 random bits, as RFC 4226 recommends.</summary>
    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretBytes);

    public static long StepAt(DateTimeOffset time) => time.ToUnixTimeSeconds() / StepSeconds;

    public static string CodeAt(ReadOnlySpan<byte> secret, long step)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
#pragma warning disable CA5350 // The algorithm of the RFC and of the apps; HMAC doesn't need collision resistance.
        HMACSHA1.HashData(secret, counter, hash);
#pragma warning restore CA5350
        var offset = hash[^1] & 0x0F;
        var number = BinaryPrimitives.ReadInt32BigEndian(hash[offset..]) & 0x7FFF_FFFF;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <summary>Compares all candidates, each in constant time, so that timing reveals nothing about a guess.</summary>
    /// <returns>The code's step within <see cref="Drift"/>; null for a wrong code.</returns>
    public static long? FindStep(ReadOnlySpan<byte> secret, string code, DateTimeOffset now)
    {
        Span<byte> given = stackalloc byte[Digits];
        if (!IsCode(code) || Encoding.ASCII.GetBytes(code, given) != Digits)
        {
            return null;
        }

        long? found = null;
        var current = StepAt(now);
        Span<byte> right = stackalloc byte[Digits];
        for (var step = current - Drift; step <= current + Drift; step++)
        {
            Encoding.ASCII.GetBytes(CodeAt(secret, step), right);
            found = CryptographicOperations.FixedTimeEquals(given, right) ? step : found;
        }

        return found;
    }

    /// <summary>Six ASCII digits. Spaces are ignored, because apps show two groups.</summary>
    public static bool TryParse(string text, out string code)
    {
        code = text.Replace(" ", "", StringComparison.Ordinal);
        return IsCode(code);
    }

    /// <summary>RFC 4648, 6, without padding.</summary>
    public static string Base32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder((bytes.Length * 8 + 4) / 5);
        int buffer = 0, bits = 0;
        foreach (var each in bytes)
        {
            buffer = (buffer << 8) | each;
            for (bits += 8; bits >= 5; bits -= 5)
            {
                text.Append(Base32Alphabet[(buffer >> (bits - 5)) & 31]);
            }
        }

        return bits == 0 ? text.ToString() : text.Append(Base32Alphabet[(buffer << (5 - bits)) & 31]).ToString();
    }

    /// <summary>The content of the QR code (Google's "Key Uri Format").</summary>
    public static string Uri(string account, ReadOnlySpan<byte> secret) => string.Create(
        CultureInfo.InvariantCulture,
        $"otpauth://totp/LinkShort:{System.Uri.EscapeDataString(account)}?secret={Base32(secret)}&issuer=LinkShort&algorithm=SHA1&digits={Digits}&period={StepSeconds}");

    private static bool IsCode(string code) => code.Length == Digits && code.All(char.IsAsciiDigit);
}
