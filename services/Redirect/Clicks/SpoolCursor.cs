using System.Buffers.Binary;
using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace LinkShort.Redirect.Clicks;

/// <param name="Segment">Number of the segment that is read next.</param>
/// <param name="Offset">In it. Everything before is confirmed by the broker.</param>
/// <param name="BatchEnd">
/// Where the batch that begins at the offset ends, once it was decided: it may have been published. Whoever goes on publishes exactly
/// that batch again, under the same id, so that it counts once. 0: not decided.
/// </param>
public readonly record struct SpoolPosition(long Segment, long Offset, long BatchEnd);

/// <summary>
/// How far a spool is published. Two places in a small file are written in turn, each with a number and a sum, so that one of them is
/// always whole.
/// </summary>
public sealed class SpoolCursor : IDisposable
{
    private const int SlotSize = 64;
    private readonly SafeFileHandle _file;
    private long _writes;

    public SpoolCursor(string path)
    {
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        Span<byte> slots = stackalloc byte[2 * SlotSize];
        slots.Clear();
        RandomAccess.Read(_file, slots, 0);
        for (var slot = 0; slot < 2; slot++)
        {
            var data = slots.Slice(slot * SlotSize, SlotSize);
            var write = BinaryPrimitives.ReadInt64LittleEndian(data);
            if (write > _writes && BinaryPrimitives.ReadUInt32LittleEndian(data[32..]) == Checksum(data))
            {
                _writes = write;
                Position = new SpoolPosition(
                    BinaryPrimitives.ReadInt64LittleEndian(data[8..]),
                    BinaryPrimitives.ReadInt64LittleEndian(data[16..]),
                    BinaryPrimitives.ReadInt64LittleEndian(data[24..]));
            }
        }
    }

    public SpoolPosition Position { get; private set; }

    public void Move(SpoolPosition position)
    {
        Span<byte> data = stackalloc byte[SlotSize];
        data.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(data, ++_writes);
        BinaryPrimitives.WriteInt64LittleEndian(data[8..], position.Segment);
        BinaryPrimitives.WriteInt64LittleEndian(data[16..], position.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(data[24..], position.BatchEnd);
        BinaryPrimitives.WriteUInt32LittleEndian(data[32..], Checksum(data));
        RandomAccess.Write(_file, data, _writes % 2 * SlotSize);
        Position = position;
    }

    public void Dispose() => _file.Dispose();

    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        var sum = uint.MaxValue;
        for (var i = 0; i < 32; i += 8)
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(data[i..]));
        }

        return ~sum;
    }
}
