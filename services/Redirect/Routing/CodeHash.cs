using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace LinkShort.Redirect.Routing;

/// <summary>
/// A 64-bit hash of a key (<see cref="RouteKey.Text"/>) for the cache and the filter: multiply and fold (the mixing of wyhash,
/// https://github.com/wangyi-fudan/wyhash) with secrets drawn at the start of the process, so that outsiders can't search for colliding
/// codes. Differs between processes.
/// </summary>
public static class CodeHash
{
    private const int CharsAWord = sizeof(ulong) / sizeof(char);
    private static readonly ulong First = Secret();
    private static readonly ulong Second = Secret();
    private static readonly ulong Third = Secret();

    public static ulong Of(ReadOnlySpan<char> key)
    {
        var hash = First ^ (ulong)key.Length;
        while (key.Length > CharsAWord)
        {
            hash = Fold(hash ^ MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(key)), Second);
            key = key[CharsAWord..];
        }

        var last = 0UL;
        foreach (var character in key)
        {
            last = (last << 16) | character;
        }

        return Fold(Fold(hash ^ last, Second), Third);
    }

    private static ulong Fold(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }

    private static ulong Secret()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        // Odd: multiplying by it loses nothing.
        return MemoryMarshal.Read<ulong>(bytes) | 1;
    }
}
