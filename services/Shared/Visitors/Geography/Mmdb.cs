using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace LinkShort.Visitors.Geography;

/// <summary>
/// A MaxMind DB file (https://maxmind.github.io/MaxMind-DB/, version 2.0) in mapped memory: a binary tree over the bits of addresses,
/// whose leaves point into a section of data.
/// </summary>
/// <remarks>
/// A private unnamed copy is mapped: overwriting or truncating the original would otherwise end the process with SIGBUS. Every record of the
/// tree is checked when the file is opened, and data is read through spans.
/// </remarks>
internal sealed unsafe class Mmdb : IDisposable
{
    /// <summary>No data about an address.</summary>
    public const int None = -1;

    private const int TableBits = 16;

    // Between the tree and the data.
    private const int Separator = 16;
    private const int MaxMetadata = 128 << 10;
    private const int CopyBuffer = 1 << 20;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafeMemoryMappedViewHandle _handle;
    private readonly byte* _start;
    private readonly int _length;
    private readonly int _nodes;
    private readonly int _recordBits;
    private readonly int _dataStart;

    // The record for the first 16 bits of an address: one access instead of sixteen.
    private readonly uint[]? _v4;
    private readonly uint[]? _v6;

    private Mmdb(MemoryMappedFile file, MemoryMappedViewAccessor view, int length)
    {
        _file = file;
        _view = view;
        _length = length;
        _handle = view.SafeMemoryMappedViewHandle;
        _start = (byte*)_handle.DangerousGetHandle() + view.PointerOffset;

        var metadata = Metadata(All, out var metadataStart);
        var version = Number(metadata, "binary_format_major_version"u8);
        if (version != 2)
        {
            throw new InvalidDataException($"It has version {version} of the format, not 2.");
        }

        Type = metadata.TryGet("database_type"u8, out var type) ? type.ToString() ?? "" : "";
        BuiltAt = DateTimeOffset.FromUnixTimeSeconds((long)Math.Min(Number(metadata, "build_epoch"u8), 253_402_300_799));
        var nodes = Number(metadata, "node_count"u8);
        _recordBits = (int)Math.Min(Number(metadata, "record_size"u8), 255);
        if (_recordBits is not (24 or 28 or 32))
        {
            throw new InvalidDataException($"Its records have {_recordBits} bits, not 24, 28 or 32.");
        }

        var treeSize = nodes * (ulong)_recordBits / 4;
        if (nodes == 0 || nodes > int.MaxValue || treeSize + Separator > (ulong)metadataStart)
        {
            throw new InvalidDataException($"Its tree of {nodes} nodes doesn't fit the file.");
        }

        _nodes = (int)nodes;
        _dataStart = (int)treeSize + Separator;
        DataLength = metadataStart - _dataStart;
        Check();

        var addressBits = Number(metadata, "ip_version"u8);
        switch (addressBits)
        {
            case 4:
                _v4 = Table(0);
                break;
            case 6:
                _v6 = Table(0);
                // IPv4 addresses are in ::/96.
                uint start = 0;
                for (var bit = 0; bit < 96 && start < _nodes; bit++)
                {
                    start = Record((int)start, 0);
                }

                _v4 = start < _nodes ? Table(start) : null;
                break;
            default:
                throw new InvalidDataException($"It is for version {addressBits} of IP, not 4 or 6.");
        }
    }

    public string Type { get; }

    public DateTimeOffset BuiltAt { get; }

    /// <summary>Size of the data section.</summary>
    public int DataLength { get; }

    public bool HasV4 => _v4 is not null;

    public bool HasV6 => _v6 is not null;

    private static ReadOnlySpan<byte> MetadataMarker =>
        [0xAB, 0xCD, 0xEF, (byte)'M', (byte)'a', (byte)'x', (byte)'M', (byte)'i', (byte)'n', (byte)'d', (byte)'.', (byte)'c', (byte)'o', (byte)'m'];

    private ReadOnlySpan<byte> All => new(_start, _length);

    private ReadOnlySpan<byte> Data => new(_start + _dataStart, DataLength);

    /// <param name="folder">Folder for the copy, on a file system with enough space. The copy is removed with this object, and with the
    /// process.</param>
    /// <exception cref="InvalidDataException">Not such a file, or damaged.</exception>
    /// <exception cref="IOException">The file can't be read, or there is no space for the copy.</exception>
    public static Mmdb Open(string path, string folder)
    {
        using var original = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        var name = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
        using var copy = new FileStream(name, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, bufferSize: 0);
        // Unlinked, so that it is removed with the process however that ends.
        File.Delete(name);
        original.CopyTo(copy, CopyBuffer);
        return Map(copy);
    }

    /// <summary>Keeps the memory mapped until <see cref="Leave"/>.</summary>
    /// <returns>False if it is already disposed.</returns>
    public bool TryEnter()
    {
        try
        {
            var entered = false;
            _handle.DangerousAddRef(ref entered);
            return entered;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    public void Leave() => _handle.DangerousRelease();

    /// <summary>Between <see cref="TryEnter"/> and <see cref="Leave"/>.</summary>
    /// <param name="address">4 or 16 bytes, in network order.</param>
    /// <returns>Offset in the data section, or <see cref="None"/>.</returns>
    public int Find(ReadOnlySpan<byte> address)
    {
        if ((address.Length == 4 ? _v4 : _v6) is not { } table)
        {
            return None;
        }

        var record = table[BinaryPrimitives.ReadUInt16BigEndian(address)];
        for (var bit = TableBits; record < _nodes && bit < address.Length * 8; bit++)
        {
            record = Record((int)record, (address[bit >> 3] >> (7 - (bit & 7))) & 1);
        }

        return record > _nodes ? (int)(record - (uint)_nodes - Separator) : None;
    }

    /// <summary>Between <see cref="TryEnter"/> and <see cref="Leave"/>.</summary>
    /// <exception cref="InvalidDataException">The data at this offset is damaged.</exception>
    public MmdbValue ValueAt(int offset) => new(Data, offset);

    /// <summary>Unmaps the memory after the last reader has left.</summary>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private static Mmdb Map(FileStream stream)
    {
        if (stream.Length is 0 or > int.MaxValue)
        {
            throw new InvalidDataException($"It has {stream.Length} bytes.");
        }

        var file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        MemoryMappedViewAccessor? view = null;
        try
        {
            view = file.CreateViewAccessor(0, stream.Length, MemoryMappedFileAccess.Read);
            return new Mmdb(file, view, (int)stream.Length);
        }
        catch
        {
            view?.Dispose();
            file.Dispose();
            throw;
        }
    }

    private static MmdbValue Metadata(ReadOnlySpan<byte> all, out int start)
    {
        var from = Math.Max(0, all.Length - MaxMetadata);
        var found = all[from..].LastIndexOf(MetadataMarker);
        if (found < 0)
        {
            throw new InvalidDataException("It is not a MaxMind DB file, or its end is missing.");
        }

        start = from + found;
        return new MmdbValue(all[(start + MetadataMarker.Length)..], 0);
    }

    private static ulong Number(MmdbValue metadata, ReadOnlySpan<byte> key) =>
        metadata.TryGet(key, out var value) && value.Number is { } number
            ? number
            : throw new InvalidDataException($"Its description has no {System.Text.Encoding.UTF8.GetString(key)}.");

    /// <summary>Checks every record once, so that lookups need not.</summary>
    private void Check()
    {
        var nodes = (uint)_nodes;
        for (var node = 0; node < _nodes; node++)
        {
            for (var bit = 0; bit < 2; bit++)
            {
                var record = Record(node, bit);
                if (record > nodes && (record - nodes < Separator || record - nodes - Separator >= (uint)DataLength))
                {
                    throw new InvalidDataException($"Node {node} of its tree leads out of the file.");
                }
            }
        }
    }

    private uint[] Table(uint start)
    {
        var table = new uint[1 << TableBits];
        for (var prefix = 0; prefix < table.Length; prefix++)
        {
            var record = start;
            for (var bit = TableBits - 1; bit >= 0 && record < _nodes; bit--)
            {
                record = Record((int)record, (prefix >> bit) & 1);
            }

            table[prefix] = record;
        }

        return table;
    }

    /// <param name="node">Less than the number of nodes, which fit the file.</param>
    private uint Record(int node, int bit)
    {
        switch (_recordBits)
        {
            case 24:
            {
                var at = _start + ((long)node * 6) + (bit * 3);
                return ((uint)at[0] << 16) | ((uint)at[1] << 8) | at[2];
            }

            case 28:
            {
                // The middle byte holds the highest bits of both records.
                var at = _start + ((long)node * 7);
                return bit == 0
                    ? ((uint)(at[3] & 0xF0) << 20) | ((uint)at[0] << 16) | ((uint)at[1] << 8) | at[2]
                    : ((uint)(at[3] & 0x0F) << 24) | ((uint)at[4] << 16) | ((uint)at[5] << 8) | at[6];
            }

            default:
                return BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(_start + ((long)node * 8) + (bit * 4), 4));
        }
    }
}
