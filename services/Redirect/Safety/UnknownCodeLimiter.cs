using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using LinkShort.Redirect.Clicks;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Safety;

/// <summary>
/// Counts unknown codes per address (IPv6: per /64, which one person has) and window. Bounded: 65,536 addresses in 512 KiB; under more
/// of them the ones that asked least are forgotten. An address is kept as 32 bits of a keyed hash (SipHash-2-4, the key made at the
/// start and kept nowhere), so that memory and dumps of it name nobody. Takes some 20 ns, and allocates nothing.
/// </summary>
public sealed class UnknownCodeLimiter
{
    private const int Ways = 4;
    private const int Sets = 16 * 1024;

    private readonly long[] _entries = new long[Sets * Ways];
    private readonly ulong _key0 = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));
    private readonly ulong _key1 = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));
    private readonly TimeProvider _time;
    private readonly int _limit;
    private readonly long _window;

    public UnknownCodeLimiter(IOptions<RedirectOptions> options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _limit = options.Value.UnknownCodesPermitLimit;
        _window = options.Value.UnknownCodesWindowSeconds * time.TimestampFrequency;
    }

    /// <summary>Notes that the address asked for a code that doesn't exist.</summary>
    /// <returns>0 to answer 404; otherwise 429, and the seconds until the address may ask again.</returns>
    public int Count(IPAddress? address)
    {
        if (_limit == 0)
        {
            return 0;
        }

        var now = _time.GetTimestamp();
        // 16 bits: an entry would have to rest for 65,536 windows to be taken for a new one.
        var window = (now / _window) & 0xFFFF;
        var hash = Hash(address);
        var set = _entries.AsSpan((int)(hash % Sets) * Ways, Ways);
        var tag = (long)(hash >> 32) << 32;
        while (true)
        {
            ref var entry = ref Find(set, tag, window);
            var seen = Volatile.Read(ref entry);
            var isCurrent = (seen & ~0xFFFFL) == (tag | (window << 16));
            if (isCurrent && (seen & 0xFFFF) >= _limit)
            {
                return (int)(((_window - (now % _window)) / _time.TimestampFrequency) + 1);
            }

            if (Interlocked.CompareExchange(ref entry, isCurrent ? seen + 1 : tag | (window << 16) | 1, seen) == seen)
            {
                return 0;
            }
        }
    }

    /// <summary>The address's own entry; otherwise one of another window; otherwise the one with the fewest questions.</summary>
    private static ref long Find(Span<long> set, long tag, long window)
    {
        var victim = 0;
        var least = long.MaxValue;
        for (var way = 0; way < Ways; way++)
        {
            var entry = Volatile.Read(ref set[way]);
            if ((entry & ~0xFFFF_FFFFL) == tag)
            {
                return ref set[way];
            }

            var questions = ((entry >> 16) & 0xFFFF) == window ? entry & 0xFFFF : -1;
            if (questions < least)
            {
                (victim, least) = (way, questions);
            }
        }

        return ref set[victim];
    }

    private ulong Hash(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (address is not null)
        {
            address.TryWriteBytes(bytes, out _);
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                if (address.IsIPv4MappedToIPv6)
                {
                    bytes[12..].CopyTo(bytes);
                    bytes[4..].Clear();
                }
                else
                {
                    // The rest of the address is the visitor's to choose.
                    bytes[8..].Clear();
                    bytes[15] = 6;
                }
            }
        }

        return VisitorHash.SipHash(_key0, _key1, bytes);
    }
}
