using System.Buffers.Binary;
using System.Security.Cryptography;

namespace LinkShort.Clicks;

/// <summary>
/// Ids of clicks and batches, derived from their position in the spool of a redirect instance: a click always gets the same id, however often
/// and by whichever process it is published, and a reader can derive the id from the position. In the form of UUIDv7 (RFC 9562): the time
/// first, so that ids of the same time are close in an index, then 74 bits mixed from two keys of the instance and the position.
/// </summary>
public sealed class ClickIds
{
    private readonly ulong _first;
    private readonly ulong _second;

    public ClickIds(Guid instance)
    {
        Instance = instance;
        Span<byte> keys = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(instance.ToByteArray(), keys);
        _first = BinaryPrimitives.ReadUInt64LittleEndian(keys);
        _second = BinaryPrimitives.ReadUInt64LittleEndian(keys[8..]);
    }

    public Guid Instance { get; }

    public Guid Click(DateTimeOffset at, long segment, long offset) => Of(at, Place(segment, offset), 0);

    public Guid Batch(DateTimeOffset at, long segment, long offset, long end) => Of(at, Place(segment, offset), (ulong)end);

    private Guid Of(DateTimeOffset at, ulong place, ulong end)
    {
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(id, ((ulong)at.ToUnixTimeMilliseconds() << 16) | 0x7000 | (Mix(_first ^ place ^ Mix(end)) & 0x0FFF));
        BinaryPrimitives.WriteUInt64BigEndian(id[8..], (Mix(_second + place + Mix(~end)) >> 2) | 0x8000_0000_0000_0000);
        return new Guid(id, bigEndian: true);
    }

    /// <summary>Segments are at most 2^30 bytes.</summary>
    private static ulong Place(long segment, long offset) => ((ulong)segment << 30) | (ulong)offset;

    /// <summary>SplitMix64's finalizer (Steele, Lea, Flood 2014): bijective, and every output bit depends on every input bit.</summary>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
