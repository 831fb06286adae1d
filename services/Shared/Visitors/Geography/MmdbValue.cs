using System.Buffers.Binary;
using System.Text;

namespace LinkShort.Visitors.Geography;

/// <summary>
/// One value in the data section of a MaxMind DB file (https://maxmind.github.io/MaxMind-DB/, version 2.0). Trusts no input: a value
/// that leaves the section or never ends is an <see cref="InvalidDataException"/>.
/// </summary>
internal readonly ref struct MmdbValue
{
    /// <summary>Size of the largest map that is searched. Places have a dozen entries.</summary>
    private const int MaxEntries = 4_096;

    private readonly ReadOnlySpan<byte> _section;
    private readonly int _content;
    private readonly int _size;
    private readonly int _end;
    private readonly Kind _kind;

    /// <param name="section">The data section, to which pointers refer.</param>
    /// <exception cref="InvalidDataException">There is no value at <paramref name="offset"/>.</exception>
    public MmdbValue(ReadOnlySpan<byte> section, int offset)
    {
        _section = section;
        var position = offset;
        (_kind, _size) = Control(section, ref position);
        if (_kind == Kind.Pointer)
        {
            // A pointer may not refer to another pointer, so there are no cycles.
            _end = position;
            position = _size;
            (_kind, _size) = Control(section, ref position);
            if (_kind == Kind.Pointer)
            {
                throw new InvalidDataException($"The pointer at {offset} leads to a pointer.");
            }
        }
        else
        {
            _end = -1;
        }

        _content = position;
        if (_kind is not (Kind.Map or Kind.Array or Kind.Boolean) && _size > section.Length - position)
        {
            throw new InvalidDataException($"The value at {offset} is longer than the file.");
        }
    }

    private enum Kind
    {
        Extended = 0,
        Pointer = 1,
        Text = 2,
        Double = 3,
        Bytes = 4,
        UInt16 = 5,
        UInt32 = 6,
        Map = 7,
        Int32 = 8,
        UInt64 = 9,
        UInt128 = 10,
        Array = 11,
        Container = 12,
        EndMarker = 13,
        Boolean = 14,
        Float = 15,
    }

    /// <summary>UTF-8; empty if the value isn't a text.</summary>
    public ReadOnlySpan<byte> Text => _kind == Kind.Text ? _section.Slice(_content, _size) : default;

    /// <summary>An unsigned integer of at most 64 bits; null for anything else.</summary>
    public ulong? Number
    {
        get
        {
            if (_kind is not (Kind.UInt16 or Kind.UInt32 or Kind.UInt64) || _size > sizeof(ulong))
            {
                return null;
            }

            Span<byte> bytes = stackalloc byte[sizeof(ulong)];
            bytes.Clear();
            _section.Slice(_content, _size).CopyTo(bytes[(sizeof(ulong) - _size)..]);
            return BinaryPrimitives.ReadUInt64BigEndian(bytes);
        }
    }

    /// <summary>UTF-16, or null if the value isn't a text.</summary>
    public override string? ToString() => _kind == Kind.Text ? Encoding.UTF8.GetString(Text) : null;

    /// <summary>Finds the value of a key in a map.</summary>
    /// <returns>False if the value isn't a map, or has no such key.</returns>
    public bool TryGet(ReadOnlySpan<byte> key, out MmdbValue value)
    {
        if (_kind == Kind.Map)
        {
            if (_size > MaxEntries)
            {
                throw new InvalidDataException($"A map of {_size} entries is too large.");
            }

            var position = _content;
            for (var entry = 0; entry < _size; entry++)
            {
                var name = new MmdbValue(_section, position);
                position = name.End();
                if (name.Text.SequenceEqual(key))
                {
                    value = new MmdbValue(_section, position);
                    return true;
                }

                position = new MmdbValue(_section, position).End();
            }
        }

        value = default;
        return false;
    }

    /// <summary>The first value of an array.</summary>
    public bool TryFirst(out MmdbValue value)
    {
        value = _kind == Kind.Array && _size > 0 ? new MmdbValue(_section, _content) : default;
        return _kind == Kind.Array && _size > 0;
    }

    /// <summary>The start of the next value. Inner values are skipped one by one; each takes at least a byte, so the loop ends.</summary>
    private int End()
    {
        if (_end >= 0)
        {
            return _end;
        }

        if (_kind is not (Kind.Map or Kind.Array))
        {
            return _kind == Kind.Boolean ? _content : _content + _size;
        }

        var position = _content;
        long open = _kind == Kind.Map ? 2L * _size : _size;
        while (open-- > 0)
        {
            var (kind, size) = Control(_section, ref position);
            switch (kind)
            {
                case Kind.Map:
                    open += 2L * size;
                    break;
                case Kind.Array:
                    open += size;
                    break;
                case Kind.Pointer or Kind.Boolean:
                    break;
                default:
                    position = size <= _section.Length - position ? position + size : throw TooShort();
                    break;
            }
        }

        return position;
    }

    /// <returns>The target of a pointer, the value of a boolean, otherwise the size in bytes or entries.</returns>
    private static (Kind Kind, int Size) Control(ReadOnlySpan<byte> section, ref int position)
    {
        var control = Byte(section, ref position);
        var kind = (Kind)(control >> 5);
        if (kind == Kind.Pointer)
        {
            return (kind, Pointer(section, control, ref position));
        }

        if (kind == Kind.Extended)
        {
            kind = (Kind)(7 + Byte(section, ref position));
            if (kind is < Kind.Int32 or > Kind.Float)
            {
                throw new InvalidDataException($"There is no type {(int)kind}.");
            }
        }

        var size = control & 0x1F;
        return (kind, size switch
        {
            < 29 => size,
            29 => 29 + Integer(section, 1, ref position),
            30 => 285 + Integer(section, 2, ref position),
            _ => 65_821 + Integer(section, 3, ref position),
        });
    }

    private static int Pointer(ReadOnlySpan<byte> section, int control, ref int position)
    {
        var high = control & 0x7;
        long target = ((control >> 3) & 0x3) switch
        {
            0 => (high << 8) + Integer(section, 1, ref position),
            1 => (high << 16) + Integer(section, 2, ref position) + 2_048,
            2 => (high << 24) + Integer(section, 3, ref position) + 526_336,
            _ => (uint)Integer(section, 4, ref position),
        };
        return target < section.Length ? (int)target : throw new InvalidDataException($"A pointer leads to {target}, beyond the end of the data.");
    }

    private static int Integer(ReadOnlySpan<byte> section, int bytes, ref int position)
    {
        var value = 0;
        for (var i = 0; i < bytes; i++)
        {
            value = (value << 8) | Byte(section, ref position);
        }

        return value;
    }

    private static int Byte(ReadOnlySpan<byte> section, ref int position) =>
        (uint)position < (uint)section.Length ? section[position++] : throw TooShort();

    private static InvalidDataException TooShort() => new("The data ends in the middle of a value.");
}
