using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Numerics;

namespace LinkShort.Redirect.Clicks;

/// <summary>
/// One append-only file of the spool, mapped into memory: a write is a copy into the page cache and survives the death of the process.
/// After a header (magic, segment number, instance; 64 bytes) come records, each on a multiple of 8: length (4), CRC-32C of length and
/// payload (4), payload. A length of 0, one that doesn't fit, or a wrong sum ends the file: what a kill left half-written.
/// </summary>
public sealed unsafe class SpoolSegment : IDisposable
{
    public const int HeaderSize = 64;
    private const int RecordHeader = 8;
    private const ulong Magic = 0x31_4B_43_49_4C_43_53_4C; // "LSCLICK1"

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _memory;
    private long _committed;
    private long _flushed;
    private bool _isSealed;
    private bool _isDisposed;

    private SpoolSegment(string path, long number, FileStream stream, long size)
    {
        Path = path;
        Number = number;
        Size = size;
        _file = MemoryMappedFile.CreateFromFile(stream, null, size, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, size, MemoryMappedFileAccess.ReadWrite);
        byte* pointer = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        _memory = pointer + _view.PointerOffset;
        _committed = HeaderSize;
    }

    public string Path { get; }

    public long Number { get; }

    /// <summary>Bytes on disk, taken when the file is made.</summary>
    public long Size { get; }

    /// <summary>No more is written: once it is read, it can go.</summary>
    public bool IsSealed => Volatile.Read(ref _isSealed);

    /// <summary>Everything before this offset is whole and can be read, also from other threads.</summary>
    public long Committed => Volatile.Read(ref _committed);

    /// <exception cref="IOException">No space: it is taken now, because running out of it later would be a fatal signal.</exception>
    public static SpoolSegment Create(string folder, long number, Guid instance, long size)
    {
        var path = PathOf(folder, number);
        var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Read,
            PreallocationSize = size,
        });
        try
        {
            stream.SetLength(size);
            var segment = new SpoolSegment(path, number, stream, size);
            BinaryPrimitives.WriteUInt64LittleEndian(segment.Span(0, 8), Magic);
            BinaryPrimitives.WriteInt64LittleEndian(segment.Span(8, 8), number);
            instance.TryWriteBytes(segment.Span(16, 16));
            return segment;
        }
        catch
        {
            stream.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Opens what another process left, up to its last good record.</summary>
    /// <returns>Null for a file that never became a segment.</returns>
    public static SpoolSegment? Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        if (stream.Length < HeaderSize)
        {
            stream.Dispose();
            return null;
        }

        Span<byte> header = stackalloc byte[16];
        stream.ReadExactly(header);
        if (BinaryPrimitives.ReadUInt64LittleEndian(header) != Magic)
        {
            stream.Dispose();
            return null;
        }

        var segment = new SpoolSegment(path, BinaryPrimitives.ReadInt64LittleEndian(header[8..]), stream, stream.Length);
        segment.Recover();
        return segment;
    }

    public static string PathOf(string folder, long number) => System.IO.Path.Combine(folder, $"{number:x16}.seg");

    /// <summary>Only one thread at a time.</summary>
    /// <returns>False when it doesn't fit any more.</returns>
    public bool TryAppend(ReadOnlySpan<byte> payload)
    {
        var next = _committed + Padded(payload.Length);
        if (next > Size)
        {
            return false;
        }

        var record = Span(_committed, RecordHeader + payload.Length);
        payload.CopyTo(record[RecordHeader..]);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Checksum((uint)payload.Length, payload));
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)payload.Length);
        Volatile.Write(ref _committed, next);
        return true;
    }

    public void Seal() => Volatile.Write(ref _isSealed, true);

    /// <param name="offset">Of a record below <see cref="Committed"/>.</param>
    /// <returns>The payload; valid until the segment is disposed.</returns>
    public ReadOnlySpan<byte> Read(long offset, out long next)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(Span(offset, RecordHeader));
        next = offset + Padded((int)length);
        return Span(offset + RecordHeader, (int)length);
    }

    /// <summary>Asks the system to write what it holds to the disk, so that a power cut loses no more than came since.</summary>
    public void Flush()
    {
        var committed = Committed;
        if (committed != _flushed)
        {
            _view.Flush();
            _flushed = committed;
        }
    }

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }

    private void Recover()
    {
        _isSealed = true;
        var offset = (long)HeaderSize;
        while (offset + RecordHeader <= Size)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(Span(offset, 4));
            if (length is 0 or > int.MaxValue - 64 || offset + RecordHeader + length > Size
                || Checksum(length, Span(offset + RecordHeader, (int)length)) != BinaryPrimitives.ReadUInt32LittleEndian(Span(offset + 4, 4)))
            {
                break;
            }

            offset += Padded((int)length);
        }

        _committed = Math.Min(offset, Size);
    }

    private static long Padded(int length) => (RecordHeader + (long)length + 7) & ~7L;

    /// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4), by the processor's instruction.</summary>
    private static uint Checksum(uint length, ReadOnlySpan<byte> payload)
    {
        var sum = BitOperations.Crc32C(uint.MaxValue, length);
        while (payload.Length >= 8)
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(payload));
            payload = payload[8..];
        }

        foreach (var value in payload)
        {
            sum = BitOperations.Crc32C(sum, value);
        }

        return ~sum;
    }

    private Span<byte> Span(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new Span<byte>(_memory + offset, length);
    }
}
