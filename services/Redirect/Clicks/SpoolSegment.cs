using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Numerics;
using System.Runtime.InteropServices;
using LinkShort.ServiceDefaults;

namespace LinkShort.Redirect.Clicks;

/// <summary>
/// One append-only file of the spool, mapped into memory: a write is a copy into the page cache and survives a killed process. A header
/// (magic, segment number, instance; 64 bytes) is followed by records, each on a multiple of 8: length (4), CRC-32C of length and payload
/// (4), payload. A record left half-written at the end is cut off; damaged regions before it are marked and skipped.
/// </summary>
public sealed unsafe partial class SpoolSegment : IDisposable
{
    public const int HeaderSize = 64;

    /// <summary>Longest payload. Bounds the effect of a damaged length.</summary>
    public const int MaxPayload = ushort.MaxValue;

    /// <summary>The format that <see cref="Create"/> writes: see <see cref="ClickRecord"/>.</summary>
    public const int CurrentFormat = 2;
    public const int PreviousFormat = 1;

    private const int RecordHeader = 8;
    private const ulong Magic = 0x00_4B_43_49_4C_43_53_4C; // "LSCLICK", then the format's digit.
    private const uint Damaged = 0x8000_0000;
    private const int MsSync = 4;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _memory;
    private long _committed = HeaderSize;
    private long _flushed;
    private long _touched = HeaderSize;
    private bool _isSealed;
    private bool _isDisposed;

    private SpoolSegment(string path, long number, int format, FileStream stream, long size)
    {
        Path = path;
        Number = number;
        Format = format;
        Size = size;
        _file = MemoryMappedFile.CreateFromFile(stream, null, size, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        _view = _file.CreateViewAccessor(0, size, MemoryMappedFileAccess.ReadWrite);
        byte* pointer = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        _memory = pointer + _view.PointerOffset;
        Stream = stream;
    }

    public string Path { get; }

    public long Number { get; }

    /// <summary>Format of its records.</summary>
    public int Format { get; }

    /// <summary>Bytes on disk, allocated when the file is created.</summary>
    public long Size { get; }

    /// <summary>Regions without a valid record, followed by valid records.</summary>
    public int DamagedRegions { get; private set; }

    /// <summary>Nothing more is written: once read, the segment can be removed.</summary>
    public bool IsSealed => Volatile.Read(ref _isSealed);

    /// <summary>Everything before this offset is complete and can be read, also from other threads.</summary>
    public long Committed => Volatile.Read(ref _committed);

    private FileStream Stream { get; }

    /// <exception cref="IOException">No space. It is allocated now, because running out of it later would raise a fatal signal.</exception>
    public static SpoolSegment Create(string folder, long number, Guid instance, long size)
    {
        var path = PathOf(folder, number);
        var options = PrivateFiles.Options(FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
        options.PreallocationSize = size;
        var stream = new FileStream(path, options);
        try
        {
            stream.SetLength(size);
            var segment = new SpoolSegment(path, number, CurrentFormat, stream, size);
            BinaryPrimitives.WriteInt64LittleEndian(segment.Span(8, 8), number);
            instance.TryWriteBytes(segment.Span(16, 16));
            BinaryPrimitives.WriteUInt64LittleEndian(segment.Span(0, 8), MagicOf(CurrentFormat));
            return segment;
        }
        catch
        {
            stream.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Opens a segment that another process left, truncated after its last valid record.</summary>
    /// <returns>Null for a file without a header: it has no records.</returns>
    /// <exception cref="InvalidDataException">Another format, such as a later version's.</exception>
    public static SpoolSegment? Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            Span<byte> header = stackalloc byte[16];
            header.Clear();
            stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
            var magic = BinaryPrimitives.ReadUInt64LittleEndian(header);
            if (stream.Length < HeaderSize || magic == 0)
            {
                stream.Dispose();
                return null;
            }

            var format = magic == MagicOf(CurrentFormat) ? CurrentFormat
                : magic == MagicOf(PreviousFormat) ? PreviousFormat
                : throw new InvalidDataException($"{path} is not a spool segment of this or the previous version.");
            var number = BinaryPrimitives.ReadInt64LittleEndian(header[8..]);
            var segment = new SpoolSegment(path, number, format, stream, stream.Length);
            segment.Recover();
            var end = segment.Committed;
            if (end == segment.Size)
            {
                return segment;
            }

            // Frees the space behind the last record, which counts against this process's quota.
            var damaged = segment.DamagedRegions;
            segment.Unmap();
            stream.SetLength(end);
            stream.Flush(flushToDisk: true);
            return new SpoolSegment(path, number, format, stream, end) { _committed = end, _isSealed = true, DamagedRegions = damaged };
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    public static string PathOf(string folder, long number) => System.IO.Path.Combine(folder, $"{number:x16}.seg");

    /// <summary>Appends a record. Call it from one thread at a time.</summary>
    /// <returns>False if the segment is full.</returns>
    public bool TryAppend(ReadOnlySpan<byte> payload)
    {
        var next = _committed + Padded(payload.Length);
        if (next > Size || payload.Length > MaxPayload)
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

    /// <param name="offset">Offset of a record before <see cref="Committed"/>.</param>
    /// <returns>The payload; empty for a damaged region. Valid until the segment is disposed.</returns>
    public ReadOnlySpan<byte> Read(long offset, out long next)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(Span(offset, RecordHeader));
        if ((length & Damaged) != 0)
        {
            next = offset + (length & ~Damaged);
            return [];
        }

        next = offset + Padded((int)length);
        return Span(offset + RecordHeader, (int)length);
    }

    /// <summary>
    /// Faults in the pages that clicks are written to next: otherwise a visitor's request would wait for each. ORs zero atomically, so
    /// concurrent writes are kept.
    /// </summary>
    /// <param name="ahead">Bytes beyond <see cref="Committed"/>.</param>
    public void TouchAhead(long ahead)
    {
        using var mapping = Hold();
        if (mapping.IsHeld)
        {
            var page = (long)Environment.SystemPageSize;
            var until = Math.Min(Size, Committed + ahead);
            for (_touched = Math.Max(_touched, Committed) & ~(page - 1); _touched < until; _touched += page)
            {
                Interlocked.Or(ref *(int*)(_memory + _touched), 0);
            }
        }
    }

    /// <summary>
    /// Writes records since the last flush to disk and waits, so that a power cut loses only later ones. Flushes only their pages: prepared
    /// pages stay writable in memory.
    /// </summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Flush()
    {
        var committed = Committed;
        using var mapping = Hold();
        if (!mapping.IsHeld || committed == _flushed)
        {
            return;
        }

        if (OperatingSystem.IsLinux())
        {
            var from = _flushed & ~((long)Environment.SystemPageSize - 1);
            if (Synchronize((nint)(_memory + from), (nuint)(committed - from), MsSync) != 0)
            {
                throw new IOException($"{Path} could not be written to the disk (error {Marshal.GetLastPInvokeError()}).");
            }
        }
        else
        {
            _view.Flush();
        }

        _flushed = committed;
    }

    public void Dispose()
    {
        if (!_isDisposed)
        {
            Unmap();
            Stream.Dispose();
        }
    }

    private void Unmap()
    {
        _isDisposed = true;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    /// <summary>Finds the end of the last valid record, and marks damaged regions before it.</summary>
    private void Recover()
    {
        _isSealed = true;
        var offset = (long)HeaderSize;
        while (NextGood(offset) is { } good)
        {
            if (good > offset)
            {
                MarkDamaged(offset, good - offset);
            }

            DamagedRegions += IsDamagedMark(good, out _) || good > offset ? 1 : 0;
            Read(good, out offset);
        }

        _committed = offset;
    }

    /// <summary>
    /// Finds the next valid record. A header field inside a damaged record can't imitate one: a record's length has zero bytes, which
    /// Kestrel refuses.
    /// </summary>
    private long? NextGood(long offset)
    {
        for (; offset + RecordHeader <= Size; offset += 8)
        {
            if (IsGood(offset) || IsDamagedMark(offset, out _))
            {
                return offset;
            }
        }

        return null;
    }

    private bool IsGood(long offset)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(Span(offset, 4));
        return length is > 0 and <= MaxPayload && offset + Padded((int)length) <= Size
            && Checksum(length, Span(offset + RecordHeader, (int)length)) == BinaryPrimitives.ReadUInt32LittleEndian(Span(offset + 4, 4));
    }

    private bool IsDamagedMark(long offset, out long length)
    {
        var mark = BinaryPrimitives.ReadUInt32LittleEndian(Span(offset, 4));
        length = mark & ~Damaged;
        return (mark & Damaged) != 0 && length >= RecordHeader && length % 8 == 0 && offset + length <= Size
            && Checksum(mark, []) == BinaryPrimitives.ReadUInt32LittleEndian(Span(offset + 4, 4));
    }

    private void MarkDamaged(long offset, long length)
    {
        var mark = Damaged | (uint)length;
        BinaryPrimitives.WriteUInt32LittleEndian(Span(offset + 4, 4), Checksum(mark, []));
        BinaryPrimitives.WriteUInt32LittleEndian(Span(offset, 4), mark);
    }

    /// <summary>Keeps the memory mapped for threads other than the one that disposes the segment.</summary>
    private Mapping Hold() => new(_view.SafeMemoryMappedViewHandle);

    private static ulong MagicOf(int format) => Magic | ((ulong)('0' + format) << 56);

    private static long Padded(int length) => (RecordHeader + (long)length + 7) & ~7L;

    /// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4), with the processor's instruction.</summary>
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

    private readonly ref struct Mapping : IDisposable
    {
        private readonly SafeBuffer _view;

        public Mapping(SafeBuffer view)
        {
            _view = view;
            var isHeld = false;
            try
            {
                view.DangerousAddRef(ref isHeld);
            }
            catch (ObjectDisposedException)
            {
                // Drained and disposed meanwhile.
            }

            IsHeld = isHeld;
        }

        public bool IsHeld { get; }

        public void Dispose()
        {
            if (IsHeld)
            {
                _view.DangerousRelease();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "msync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Synchronize(nint address, nuint length, int flags);
}
