using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using LinkShort.Redirect.Clicks;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Safety;

/// <summary>
/// Counts unknown codes per address (IPv6: per /64, which one subscriber has) and window. Bounded to 65,536 addresses in 512 KiB; beyond
/// that, addresses with the fewest requests are dropped. An address is stored as 32 bits of a keyed hash (SipHash-2-4 with a key that is
/// generated at the start and never stored), so that memory dumps identify no visitor. Takes about 20 ns and allocates nothing.
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
        _time = time;
        _limit = options.Value.UnknownCodesPermitLimit;
        _window = options.Value.UnknownCodesWindowSeconds * time.TimestampFrequency;
    }

    /// <summary>Counts a request of the address for a code that doesn't exist.</summary>
    /// <returns>0 to answer 404; otherwise the seconds for <c>Retry-After</c> of a 429.</returns>
    public int Count(IPAddress? address)
    {
        if (_limit == 0)
        {
            return 0;
        }

        var now = _time.GetTimestamp();
        // 16 bits: only an entry unused for exactly 65,536 windows would be mistaken for a current one.
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

    /// <summary>The address's own entry; otherwise one of another window; otherwise the one with the fewest requests.</summary>
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

            var requests = ((entry >> 16) & 0xFFFF) == window ? entry & 0xFFFF : -1;
            if (requests < least)
            {
                (victim, least) = (way, requests);
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
                    // The visitor can choose the rest of the address.
                    bytes[8..].Clear();
                    bytes[15] = 6;
                }
            }
        }

        return VisitorHash.SipHash(_key0, _key1, bytes);
    }
}
