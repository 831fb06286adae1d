using System.Buffers.Binary;
using System.Security.Cryptography;

namespace LinkShort.Clicks;

/// <summary>
/// Ids of clicks and batches, made of the place where they lie in the spool of a redirect instance: the same click has the same id whoever
/// publishes it how often, and whoever knows the place can tell the id. In the form of UUIDv7 (RFC 9562): the time first, so that ids of a
/// moment lie together in an index, then 74 bits that two keys of the instance and the place are mixed into.
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

    /// <summary>SplitMix64's finalizer (Steele, Lea, Flood 2014): one to one, every bit in depends on every bit out.</summary>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
