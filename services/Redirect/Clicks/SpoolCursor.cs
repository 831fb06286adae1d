using System.Buffers.Binary;
using System.Numerics;
using LinkShort.ServiceDefaults;
using Microsoft.Win32.SafeHandles;

namespace LinkShort.Redirect.Clicks;

/// <param name="Segment">Number of the segment to read next.</param>
/// <param name="Offset">Offset in that segment. Everything before it is confirmed by the broker.</param>
public readonly record struct SpoolPosition(long Segment, long Offset);

/// <summary>
/// How far a spool is published, and where the batches end that may have been published beyond that: a process that continues publishes
/// exactly those batches again, under the same ids, so that they count once. Two slots of a small file are written in turn, each with a
/// number and a checksum, so that one of them is always intact.
/// </summary>
public sealed class SpoolCursor : IDisposable
{
    /// <summary>Limit of batches in flight.</summary>
    public const int MaxPending = 16;

    // The previous version kept one batch in slots of 64 bytes, which precede ours.
    private const int PreviousSlotSize = 64;
    private const int SlotsAt = 2 * PreviousSlotSize;
    private const int SlotSize = 128;
    private const int PendingAt = 28;
    private const int ChecksumAt = SlotSize - 4;

    private readonly SafeFileHandle _file;
    private readonly List<long> _pending = [];
    private long _writes;
    private long _flushed;

    public SpoolCursor(string path)
    {
        new FileStream(path, PrivateFiles.Options(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read)).Dispose();
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        Span<byte> file = stackalloc byte[SlotsAt + (2 * SlotSize)];
        file.Clear();
        RandomAccess.Read(_file, file, 0);
        for (var slot = 0; slot < 2; slot++)
        {
            ReadPrevious(file.Slice(slot * PreviousSlotSize, PreviousSlotSize));
        }

        for (var slot = 0; slot < 2; slot++)
        {
            Read(file.Slice(SlotsAt + (slot * SlotSize), SlotSize));
        }

        _flushed = _writes;
    }

    public SpoolPosition Position { get; private set; }

    /// <summary>Ends of the consecutive batches from <see cref="Position"/> on, oldest first.</summary>
    public IReadOnlyList<long> Pending => _pending;

    /// <summary>Records where the next batch ends, before it is published for the first time.</summary>
    public void Decide(long segment, long offset, long end)
    {
        if (segment != Position.Segment)
        {
            Position = new SpoolPosition(segment, offset);
            _pending.Clear();
        }

        _pending.Add(end);
        Write();
    }

    /// <summary>Moves past the oldest pending batch, which the broker has confirmed.</summary>
    public void Confirm()
    {
        Position = Position with { Offset = _pending[0] };
        _pending.RemoveAt(0);
        Write();
    }

    /// <summary>Moves to another position, with no batch in flight.</summary>
    public void Move(SpoolPosition position)
    {
        Position = position;
        _pending.Clear();
        Write();
    }

    /// <summary>Flushes to disk: after a power cut, clicks confirmed long ago would otherwise be published again in other batches.</summary>
    public void Flush()
    {
        var writes = Volatile.Read(ref _writes);
        if (writes != _flushed)
        {
            RandomAccess.FlushToDisk(_file);
            _flushed = writes;
        }
    }

    public void Dispose() => _file.Dispose();

    private void Write()
    {
        Span<byte> data = stackalloc byte[SlotSize];
        data.Clear();
        var writes = _writes + 1;
        BinaryPrimitives.WriteInt64LittleEndian(data, writes);
        BinaryPrimitives.WriteInt64LittleEndian(data[8..], Position.Segment);
        BinaryPrimitives.WriteInt64LittleEndian(data[16..], Position.Offset);
        BinaryPrimitives.WriteInt32LittleEndian(data[24..], _pending.Count);
        for (var i = 0; i < _pending.Count; i++)
        {
            // Segments are at most 2^30 bytes.
            BinaryPrimitives.WriteInt32LittleEndian(data[(PendingAt + (i * sizeof(int)))..], (int)_pending[i]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(data[ChecksumAt..], Checksum(data[..(ChecksumAt - 4)]));
        RandomAccess.Write(_file, data, SlotsAt + (writes % 2 * SlotSize));
        Volatile.Write(ref _writes, writes);
    }

    private void Read(ReadOnlySpan<byte> data)
    {
        var write = BinaryPrimitives.ReadInt64LittleEndian(data);
        var pending = BinaryPrimitives.ReadInt32LittleEndian(data[24..]);
        if (write <= _writes || BinaryPrimitives.ReadUInt32LittleEndian(data[ChecksumAt..]) != Checksum(data[..(ChecksumAt - 4)]) || pending is < 0 or > MaxPending)
        {
            return;
        }

        Position = new SpoolPosition(BinaryPrimitives.ReadInt64LittleEndian(data[8..]), BinaryPrimitives.ReadInt64LittleEndian(data[16..]));
        _pending.Clear();
        for (var i = 0; i < pending; i++)
        {
            _pending.Add(BinaryPrimitives.ReadInt32LittleEndian(data[(PendingAt + (i * sizeof(int)))..]));
        }

        _writes = write;
    }

    private void ReadPrevious(ReadOnlySpan<byte> data)
    {
        var write = BinaryPrimitives.ReadInt64LittleEndian(data);
        if (write <= _writes || BinaryPrimitives.ReadUInt32LittleEndian(data[32..]) != Checksum(data[..32]))
        {
            return;
        }

        Position = new SpoolPosition(BinaryPrimitives.ReadInt64LittleEndian(data[8..]), BinaryPrimitives.ReadInt64LittleEndian(data[16..]));
        _pending.Clear();
        if (BinaryPrimitives.ReadInt64LittleEndian(data[24..]) is > 0 and var end)
        {
            _pending.Add(end);
        }

        _writes = write;
    }

    /// <param name="data">A multiple of 8 bytes.</param>
    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        var sum = uint.MaxValue;
        for (; data.Length >= 8; data = data[8..])
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(data));
        }

        return ~sum;
    }
}
