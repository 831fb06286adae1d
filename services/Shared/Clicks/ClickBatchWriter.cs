using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace LinkShort.Clicks;

/// <summary>Packs clicks into the form that <see cref="ClickBatch"/> reads. Reuse it after <see cref="Clear"/>, which keeps its memory.</summary>
public sealed class ClickBatchWriter
{
    internal const int TextTables = 7;
    internal const int OffsetUnit = 8;
    internal const byte IdsExplicit = 0;
    internal const byte IdsByPlace = 1;
    internal const byte NoVisitors = 0;
    internal const byte SomeVisitors = 1;
    internal const byte AllVisitors = 2;

    private readonly List<Entry> _clicks = [];
    private readonly DistinctBytes _workspaces = new();
    private readonly DistinctBytes _links = new();
    private readonly List<int> _workspaceOfLink = [];
    private readonly DistinctBytes[] _texts = [.. Enumerable.Range(0, TextTables).Select(_ => new DistinctBytes())];
    private readonly List<ushort>[] _columns = [.. Enumerable.Range(0, TextTables).Select(_ => new List<ushort>())];
    private readonly ArrayBufferWriter<byte> _output = new(16 * 1024);
    private (Guid Instance, long Segment)? _spool;

    public int Count => _clicks.Count;

    public void Clear()
    {
        _clicks.Clear();
        _workspaces.Clear();
        _links.Clear();
        _workspaceOfLink.Clear();
        foreach (var (table, column) in _texts.Zip(_columns))
        {
            table.Clear();
            column.Clear();
        }

        _spool = null;
    }

    /// <summary>
    /// Encodes ids as positions in a segment (<see cref="ClickIds"/>): a byte or two each, instead of sixteen. Call it before the first
    /// click.
    /// </summary>
    public void BeginSegment(Guid instance, long segment)
    {
        if (_clicks.Count > 0)
        {
            throw new InvalidOperationException("The batch already has clicks.");
        }

        _spool = (instance, segment);
    }

    /// <summary>
    /// Adds a click at a position of the segment. Then call <see cref="Set(ClickText, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/> or
    /// <see cref="SetAbsent"/> for each text, in any order.
    /// </summary>
    /// <param name="offset">A multiple of 8, greater than that of the previous click.</param>
    public void AddAt(long offset, DateTimeOffset at, Guid linkId, Guid workspaceId, long? visitor) =>
        Add(new Entry(default, offset, at.UtcTicks, Link(linkId, workspaceId), visitor));

    /// <summary>Adds a click with an explicit id.</summary>
    public void Add(Guid clickId, DateTimeOffset at, Guid linkId, Guid workspaceId, long? visitor) =>
        Add(new Entry(clickId, 0, at.UtcTicks, Link(linkId, workspaceId), visitor));

    /// <summary>Sets a text by its key, if the table has it already, so that the text needn't be decoded again.</summary>
    /// <param name="key">Identifies the text, such as its raw bytes.</param>
    public bool TrySet(ClickText column, ReadOnlySpan<byte> key)
    {
        var index = _texts[(int)column].Find(key, out _);
        if (index < 0)
        {
            return false;
        }

        _columns[(int)column].Add((ushort)index);
        return true;
    }

    /// <param name="key">See <see cref="TrySet"/>.</param>
    /// <param name="text">UTF-8, at most <see cref="ClickBatch.MaxText"/> bytes.</param>
    public void Set(ClickText column, ReadOnlySpan<byte> key, ReadOnlySpan<byte> text) =>
        _columns[(int)column].Add((ushort)_texts[(int)column].FindOrAdd(key, text));

    public void Set(ClickText column, string? text)
    {
        if (text is null)
        {
            SetAbsent(column);
            return;
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        var whole = bytes.AsSpan(0, Math.Min(bytes.Length, ClickBatch.MaxText));
        Set(column, whole, whole);
    }

    public void SetAbsent(ClickText column) => _columns[(int)column].Add((ushort)_texts[(int)column].Absent());

    public byte[] ToArray()
    {
        _output.ResetWrittenCount();
        Byte(ClickBatch.Version);
        Byte(_spool is null ? IdsExplicit : IdsByPlace);
        Varint((ulong)_clicks.Count);
        WriteIds();
        WriteTimes();
        WriteLinks();
        foreach (var table in _texts)
        {
            WriteTable(table);
        }

        foreach (var click in _clicks)
        {
            Index(click.Link, _links.Count);
        }

        foreach (var (table, column) in _texts.Zip(_columns))
        {
            if (column.Count != _clicks.Count)
            {
                throw new InvalidOperationException("Each text must be set for each click, or set to absent.");
            }

            if (table.Count > 1)
            {
                foreach (var index in column)
                {
                    Index(index, table.Count);
                }
            }
        }

        WriteVisitors();
        return _output.WrittenSpan.ToArray();
    }

    private void Add(Entry entry)
    {
        if (_clicks.Count == ClickBatch.MaxClicks)
        {
            throw new InvalidOperationException($"A batch holds at most {ClickBatch.MaxClicks} clicks.");
        }

        _clicks.Add(entry);
    }

    private int Link(Guid linkId, Guid workspaceId)
    {
        Span<byte> key = stackalloc byte[32];
        linkId.TryWriteBytes(key);
        workspaceId.TryWriteBytes(key[16..]);
        var known = _links.Count;
        var link = _links.FindOrAdd(key, key[..16]);
        if (link == known)
        {
            _workspaceOfLink.Add(_workspaces.FindOrAdd(key[16..], key[16..]));
        }

        return link;
    }

    private void WriteIds()
    {
        if (_spool is not { } spool)
        {
            foreach (var click in _clicks)
            {
                click.Id.TryWriteBytes(Take(16));
            }

            return;
        }

        spool.Instance.TryWriteBytes(Take(16));
        Varint((ulong)spool.Segment);
        var before = 0L;
        foreach (var click in _clicks)
        {
            Varint((ulong)(click.Offset - before) / OffsetUnit);
            before = click.Offset;
        }
    }

    private void WriteTimes()
    {
        if (_clicks.Count == 0)
        {
            return;
        }

        var before = _clicks[0].Ticks;
        BinaryPrimitives.WriteInt64LittleEndian(Take(8), before);
        for (var i = 1; i < _clicks.Count; i++)
        {
            var difference = _clicks[i].Ticks - before;
            Varint((ulong)((difference << 1) ^ (difference >> 63)));
            before = _clicks[i].Ticks;
        }
    }

    private void WriteLinks()
    {
        Varint((ulong)_workspaces.Count);
        _output.Write(_workspaces.AllTexts);
        Varint((ulong)_links.Count);
        _output.Write(_links.AllTexts);
        foreach (var workspace in _workspaceOfLink)
        {
            Index(workspace, _workspaces.Count);
        }
    }

    private void WriteTable(DistinctBytes table)
    {
        Varint((ulong)table.Count);
        for (var i = 0; i < table.Count; i++)
        {
            if (table.IsAbsent(i))
            {
                Byte(0);
                continue;
            }

            var text = table.Text(i);
            Varint((ulong)text.Length + 1);
            _output.Write(text);
        }
    }

    private void WriteVisitors()
    {
        var known = 0;
        foreach (var click in _clicks)
        {
            known += click.Visitor.HasValue ? 1 : 0;
        }

        var form = known == 0 ? NoVisitors : known == _clicks.Count ? AllVisitors : SomeVisitors;
        Byte(form);
        if (form == SomeVisitors)
        {
            var bits = Take((_clicks.Count + 7) / 8);
            bits.Clear();
            for (var i = 0; i < _clicks.Count; i++)
            {
                bits[i >> 3] |= (byte)(_clicks[i].Visitor.HasValue ? 1 << (i & 7) : 0);
            }
        }

        foreach (var click in _clicks)
        {
            if (click.Visitor is { } visitor)
            {
                BinaryPrimitives.WriteInt64LittleEndian(Take(8), visitor);
            }
        }
    }

    private void Index(int index, int entries)
    {
        if (entries > 256)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(Take(2), (ushort)index);
        }
        else if (entries > 1)
        {
            Byte((byte)index);
        }
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Byte((byte)(value | 0x80));
        }

        Byte((byte)value);
    }

    private void Byte(byte value) => Take(1)[0] = value;

    private Span<byte> Take(int length)
    {
        var span = _output.GetSpan(length)[..length];
        _output.Advance(length);
        return span;
    }

    private readonly record struct Entry(Guid Id, long Offset, long Ticks, int Link, long? Visitor);
}
