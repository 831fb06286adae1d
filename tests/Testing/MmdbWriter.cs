using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace LinkShort.Testing;

/// <summary>Writes MaxMind DB files (https://maxmind.github.io/MaxMind-DB/, version 2.0) for tests, valid and invalid ones.</summary>
public sealed class MmdbWriter
{
    private readonly List<int[]> _nodes = [[Empty, Empty]];
    private readonly List<byte> _data = [];
    private const int Empty = -1;

    public int RecordBits { get; init; } = 28;

    public int IpVersion { get; init; } = 4;

    public int MajorVersion { get; init; } = 2;

    /// <summary>A false description.</summary>
    public ulong? ClaimedNodes { get; init; }

    public string? WithoutKey { get; init; }

    public static byte[] Marker => [0xAB, 0xCD, 0xEF, .. "MaxMind.com"u8];

    /// <summary>A location in the format of DB-IP's repackaging.</summary>
    public static Dictionary<string, object> Place(string country, string region, string city) => new()
    {
        ["city"] = city, ["country_code"] = country, ["latitude"] = 1.5f, ["longitude"] = 2.5d, ["postcode"] = "", ["state1"] = region, ["state2"] = "",
    };

    public MmdbWriter With(string network, object value) => WithRecord(network, Put(value));

    /// <param name="data">Bytes of a value that may be damaged.</param>
    public MmdbWriter WithData(string network, params byte[] data)
    {
        var offset = _data.Count;
        _data.AddRange(data);
        return WithRecord(network, offset);
    }

    public byte[] ToArray()
    {
        var file = new MemoryStream();
        foreach (var node in _nodes)
        {
            WriteNode(file, Record(node[0]), Record(node[1]));
        }

        file.Write(new byte[16]);
        file.Write(_data.ToArray());
        file.Write(Marker);
        var description = new Dictionary<string, object>
        {
            ["binary_format_major_version"] = (ushort)MajorVersion,
            ["binary_format_minor_version"] = (ushort)0,
            ["build_epoch"] = 1_780_666_922UL,
            ["database_type"] = "test",
            ["description"] = new Dictionary<string, object> { ["en"] = "For tests" },
            ["ip_version"] = (ushort)IpVersion,
            ["languages"] = new object[] { "en" },
            ["node_count"] = (uint)(ClaimedNodes ?? (ulong)_nodes.Count),
            ["record_size"] = (ushort)RecordBits,
        };
        description.Remove(WithoutKey ?? "");
        Write(file, description);
        return file.ToArray();
    }

    public static byte[] Encode(object value)
    {
        var stream = new MemoryStream();
        Write(stream, value);
        return stream.ToArray();
    }

    /// <summary>A pointer to a place in the data section.</summary>
    public static byte[] PointerTo(int target) => [0x38, .. BigEndian((uint)target, 4)];

    private int Put(object value)
    {
        var offset = _data.Count;
        _data.AddRange(Encode(value));
        return offset;
    }

    private MmdbWriter WithRecord(string network, int offset)
    {
        var prefix = IPNetwork.Parse(network);
        var bytes = prefix.BaseAddress.GetAddressBytes();
        var skipped = IpVersion == 6 && bytes.Length == 4 ? 96 : 0;
        var node = 0;
        for (var bit = 0; bit < skipped + prefix.PrefixLength; bit++)
        {
            var index = bit - skipped;
            var side = index < 0 ? 0 : (bytes[index / 8] >> (7 - (index % 8))) & 1;
            if (bit == skipped + prefix.PrefixLength - 1)
            {
                _nodes[node][side] = -2 - offset;
                break;
            }

            if (_nodes[node][side] < 0)
            {
                _nodes[node][side] = _nodes.Count;
                _nodes.Add([Empty, Empty]);
            }

            node = _nodes[node][side];
        }

        return this;
    }

    private uint Record(int child) => child >= 0 ? (uint)child : child == Empty ? (uint)_nodes.Count : (uint)(_nodes.Count + 16 + (-2 - child));

    private void WriteNode(MemoryStream file, uint left, uint right)
    {
        switch (RecordBits)
        {
            case 28:
                file.Write(BigEndian(left & 0xFF_FFFF, 3));
                file.WriteByte((byte)(((left >> 24) << 4) | (right >> 24)));
                file.Write(BigEndian(right & 0xFF_FFFF, 3));
                break;
            default:
                file.Write(BigEndian(left, RecordBits / 8));
                file.Write(BigEndian(right, RecordBits / 8));
                break;
        }
    }

    private static void Write(MemoryStream stream, object value)
    {
        switch (value)
        {
            case string text:
                Control(stream, 2, Encoding.UTF8.GetByteCount(text));
                stream.Write(Encoding.UTF8.GetBytes(text));
                break;
            case double number:
                Control(stream, 3, 8);
                stream.Write(BigEndian(BitConverter.DoubleToUInt64Bits(number), 8));
                break;
            case float number:
                Control(stream, 15, 4);
                stream.Write(BigEndian(BitConverter.SingleToUInt32Bits(number), 4));
                break;
            case ushort number:
                Control(stream, 5, 2);
                stream.Write(BigEndian(number, 2));
                break;
            case uint number:
                Control(stream, 6, 4);
                stream.Write(BigEndian(number, 4));
                break;
            case ulong number:
                Control(stream, 9, 8);
                stream.Write(BigEndian(number, 8));
                break;
            case bool flag:
                Control(stream, 14, flag ? 1 : 0);
                break;
            case object[] items:
                Control(stream, 11, items.Length);
                foreach (var item in items)
                {
                    Write(stream, item);
                }

                break;
            case IReadOnlyDictionary<string, object> map:
                Control(stream, 7, map.Count);
                foreach (var (key, item) in map)
                {
                    Write(stream, key);
                    Write(stream, item);
                }

                break;
            default:
                throw new ArgumentException($"No {value.GetType()} in such a file.", nameof(value));
        }
    }

    private static void Control(MemoryStream stream, int kind, int size)
    {
        var (low, more) = size < 29 ? (size, Array.Empty<byte>()) : size < 285 ? (29, BigEndian((ulong)(size - 29), 1)) : (30, BigEndian((ulong)(size - 285), 2));
        stream.WriteByte((byte)((kind > 7 ? 0 : kind << 5) | low));
        if (kind > 7)
        {
            stream.WriteByte((byte)(kind - 7));
        }

        stream.Write(more);
    }

    private static byte[] BigEndian(ulong value, int size)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes[^size..];
    }
}
