using System.Buffers.Binary;
using System.Text;
using LinkShort.Contracts;

namespace LinkShort.Clicks;

/// <summary>
/// Clicks in the binary form of <see cref="ClicksRecorded.Packed"/>: repeated values (links, user agents, places, …) are in tables, and a
/// click is a row of indexes into them. Tables are public, so that a reader parses each distinct user agent once instead of per click.
/// <para>
/// Form, little-endian, varints as in protocol buffers: version (1 byte), form of the ids (1), number of clicks (varint); ids; time of the
/// first click (8, .NET ticks UTC), then differences (zigzag varints); links; the seven text tables; columns, each as wide as its table
/// requires: nothing for one entry, a byte up to 256, otherwise two; visitors. See <see cref="ClickBatchWriter"/>.
/// </para>
/// </summary>
public sealed class ClickBatch
{
    /// <summary>Maximum number of clicks in a batch.</summary>
    public const int MaxClicks = 10_000;

    /// <summary>Longest text, in UTF-8 bytes.</summary>
    public const int MaxText = 8_192;

    internal const byte Version = 1;
    internal const int HeaderSize = 2;

    private readonly ClickRow[] _rows;
    private readonly string?[][] _texts;

    private ClickBatch(ClickRow[] rows, LinkOfClicks[] links, string?[][] texts) => (_rows, Links, _texts) = (rows, links, texts);

    /// <summary>In the order of the answers.</summary>
    public ReadOnlySpan<ClickRow> Rows => _rows;

    public IReadOnlyList<LinkOfClicks> Links { get; }

    public IReadOnlyList<string?> UserAgents => _texts[(int)ClickText.UserAgent];

    public IReadOnlyList<string?> Referrers => _texts[(int)ClickText.Referrer];

    public IReadOnlyList<string?> Languages => _texts[(int)ClickText.Language];

    public IReadOnlyList<string?> Purposes => _texts[(int)ClickText.Purpose];

    /// <summary>Country, region and city, with <see cref="ClickPlace"/>'s separator.</summary>
    public IReadOnlyList<string?> Places => _texts[(int)ClickText.Place];

    public IReadOnlyList<string?> Networks => _texts[(int)ClickText.Network];

    public IReadOnlyList<string?> Variants => _texts[(int)ClickText.Variant];

    /// <exception cref="InvalidDataException">Not what <see cref="ClickBatchWriter"/> writes.</exception>
    public static ClickBatch Read(ReadOnlySpan<byte> packed) => new Reader(packed).Read();

    /// <summary>The number of clicks in a batch, read from its first few bytes.</summary>
    /// <exception cref="InvalidDataException">Not the start of a batch.</exception>
    public static int CountOf(ReadOnlySpan<byte> packed) => new Reader(packed).Header(out _);

    public static byte[] Pack(IReadOnlyList<Click> clicks)
    {
        ArgumentNullException.ThrowIfNull(clicks);
        var writer = new ClickBatchWriter();
        foreach (var click in clicks)
        {
            ArgumentNullException.ThrowIfNull(click, nameof(clicks));
            writer.Add(click.ClickId, click.At, click.LinkId, click.WorkspaceId, click.Visitor);
            writer.Set(ClickText.UserAgent, click.UserAgent);
            writer.Set(ClickText.Referrer, click.Referrer);
            writer.Set(ClickText.Language, click.AcceptLanguage);
            writer.Set(ClickText.Purpose, click.Purpose);
            writer.Set(ClickText.Place, ClickPlace.Join(click.Country, click.Region, click.City));
            writer.Set(ClickText.Network, click.Network);
            writer.Set(ClickText.Variant, click.Variant);
        }

        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">Not what <see cref="Pack"/> or a <see cref="ClickBatchWriter"/> wrote.</exception>
    public static IReadOnlyList<Click> Unpack(ReadOnlySpan<byte> packed)
    {
        var batch = Read(packed);
        return Array.ConvertAll(batch._rows, batch.ToClick);
    }

    private Click ToClick(ClickRow row)
    {
        var link = Links[row.Link];
        var place = ClickPlace.Split(Places[row.Place]);
        return new Click(
            row.ClickId, link.LinkId, link.WorkspaceId, row.At, row.Visitor,
            UserAgents[row.UserAgent], Referrers[row.Referrer], Languages[row.Language], Purposes[row.Purpose])
        {
            Country = place.Country,
            Region = place.Region,
            City = place.City,
            Network = Networks[row.Network],
            Variant = Variants[row.Variant],
        };
    }

    /// <summary>Trusts no input: every length is checked against the remaining bytes before anything is allocated or read.</summary>
    private ref struct Reader(ReadOnlySpan<byte> packed)
    {
        private readonly ReadOnlySpan<byte> _packed = packed;
        private int _position;

        public int Header(out byte form)
        {
            if (_packed.Length < HeaderSize || _packed[0] != Version || _packed[1] > ClickBatchWriter.IdsByPlace)
            {
                throw new InvalidDataException("Not a batch of clicks, or of a later version.");
            }

            form = _packed[1];
            _position = HeaderSize;
            var count = Varint();
            return count <= MaxClicks ? (int)count : throw new InvalidDataException($"A batch of {count} clicks is too long.");
        }

        public ClickBatch Read()
        {
            var count = Header(out var form);
            // A click takes at least one byte (its time), so a few bytes can't cause a large allocation.
            if (count > _packed.Length - _position)
            {
                throw Short();
            }

            var rows = new ClickRow[count];
            (ClickIds Ids, long Segment, long[] Offsets)? places = form == ClickBatchWriter.IdsByPlace ? Places(count) : null;
            var explicitIds = places is null ? Take(count * 16) : default;
            Times(rows);
            for (var i = 0; i < count; i++)
            {
                rows[i].ClickId = places is { } known ? known.Ids.Click(rows[i].At, known.Segment, known.Offsets[i]) : new Guid(explicitIds.Slice(i * 16, 16));
            }

            var links = Links(count);
            var texts = new string?[ClickBatchWriter.TextTables][];
            for (var i = 0; i < texts.Length; i++)
            {
                texts[i] = Texts(count);
            }

            Column(rows, links.Length, static (ref row, index) => row.Link = index);
            Column(rows, texts[(int)ClickText.UserAgent].Length, static (ref row, index) => row.UserAgent = index);
            Column(rows, texts[(int)ClickText.Referrer].Length, static (ref row, index) => row.Referrer = index);
            Column(rows, texts[(int)ClickText.Language].Length, static (ref row, index) => row.Language = index);
            Column(rows, texts[(int)ClickText.Purpose].Length, static (ref row, index) => row.Purpose = index);
            Column(rows, texts[(int)ClickText.Place].Length, static (ref row, index) => row.Place = index);
            Column(rows, texts[(int)ClickText.Network].Length, static (ref row, index) => row.Network = index);
            Column(rows, texts[(int)ClickText.Variant].Length, static (ref row, index) => row.Variant = index);
            Visitors(rows);
            return _position == _packed.Length ? new ClickBatch(rows, links, texts) : throw new InvalidDataException("A batch is longer than its clicks.");
        }

        private (ClickIds Ids, long Segment, long[] Offsets) Places(int count)
        {
            var ids = new ClickIds(new Guid(Take(16)));
            var segment = (long)Varint();
            var offsets = new long[count];
            var offset = 0L;
            for (var i = 0; i < count; i++)
            {
                offset += (long)Varint() * ClickBatchWriter.OffsetUnit;
                if (offset is < 0 or > 1 << 30)
                {
                    throw new InvalidDataException("A click is outside its segment.");
                }

                offsets[i] = offset;
            }

            return (ids, segment, offsets);
        }

        private void Times(ClickRow[] rows)
        {
            if (rows.Length == 0)
            {
                return;
            }

            var ticks = BinaryPrimitives.ReadInt64LittleEndian(Take(8));
            for (var i = 0; i < rows.Length; i++)
            {
                if (i > 0)
                {
                    var zigzag = Varint();
                    ticks = unchecked(ticks + ((long)(zigzag >> 1) ^ -(long)(zigzag & 1)));
                }

                if (ticks < 0 || ticks > DateTimeOffset.MaxValue.Ticks)
                {
                    throw new InvalidDataException("A click has an impossible time.");
                }

                rows[i].At = new DateTimeOffset(ticks, TimeSpan.Zero);
            }
        }

        private LinkOfClicks[] Links(int count)
        {
            var workspaces = Entries(count);
            var workspaceIds = Take(workspaces * 16);
            var links = new LinkOfClicks[Entries(count)];
            var linkIds = Take(links.Length * 16);
            for (var i = 0; i < links.Length; i++)
            {
                var workspace = Index(workspaces);
                links[i] = new LinkOfClicks(new Guid(linkIds.Slice(i * 16, 16)), new Guid(workspaceIds.Slice(workspace * 16, 16)));
            }

            return links;
        }

        private string?[] Texts(int count)
        {
            var texts = new string?[Entries(count)];
            for (var i = 0; i < texts.Length; i++)
            {
                var length = Varint();
                if (length > MaxText + 1)
                {
                    throw new InvalidDataException("A text is too long.");
                }

                texts[i] = length == 0 ? null : Encoding.UTF8.GetString(Take((int)length - 1));
            }

            return texts;
        }

        /// <returns>The number of entries of a table. Each is used by a click.</returns>
        private int Entries(int count)
        {
            var entries = Varint();
            return entries <= (ulong)count && (entries > 0 || count == 0) && entries <= (ulong)(_packed.Length - _position)
                ? (int)entries
                : throw new InvalidDataException($"A table has {entries} entries for {count} clicks.");
        }

        private delegate void Setter(ref ClickRow row, ushort index);

        private void Column(ClickRow[] rows, int entries, Setter set)
        {
            if (entries <= 1)
            {
                return;
            }

            for (var i = 0; i < rows.Length; i++)
            {
                set(ref rows[i], (ushort)Index(entries));
            }
        }

        private int Index(int entries)
        {
            var index = entries <= 1 ? 0 : entries <= 256 ? Take(1)[0] : BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
            return index == 0 || index < entries ? index : throw new InvalidDataException($"Entry {index} of a table of {entries}.");
        }

        private void Visitors(ClickRow[] rows)
        {
            var form = Take(1)[0];
            var known = form switch
            {
                ClickBatchWriter.NoVisitors or ClickBatchWriter.AllVisitors => default,
                ClickBatchWriter.SomeVisitors => Take((rows.Length + 7) / 8),
                _ => throw new InvalidDataException("Visitors in an unknown form."),
            };
            if (form == ClickBatchWriter.NoVisitors)
            {
                return;
            }

            for (var i = 0; i < rows.Length; i++)
            {
                if (form == ClickBatchWriter.AllVisitors || (known[i >> 3] & (1 << (i & 7))) != 0)
                {
                    rows[i].Visitor = BinaryPrimitives.ReadInt64LittleEndian(Take(8));
                }
            }
        }

        private ulong Varint()
        {
            var value = 0UL;
            for (var shift = 0; shift < 64; shift += 7)
            {
                var next = Take(1)[0];
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }

            throw new InvalidDataException("A number doesn't end.");
        }

        private ReadOnlySpan<byte> Take(int length)
        {
            if (length > _packed.Length - _position)
            {
                throw Short();
            }

            _position += length;
            return _packed.Slice(_position - length, length);
        }

        private static InvalidDataException Short() => new("A batch of clicks ends too early.");
    }
}

/// <summary>One click: indexes into the tables of its <see cref="ClickBatch"/>.</summary>
public struct ClickRow
{
    public Guid ClickId { get; internal set; }

    /// <summary>UTC.</summary>
    public DateTimeOffset At { get; internal set; }

    public long? Visitor { get; internal set; }

    public ushort Link { get; internal set; }

    public ushort UserAgent { get; internal set; }

    public ushort Referrer { get; internal set; }

    public ushort Language { get; internal set; }

    public ushort Purpose { get; internal set; }

    public ushort Place { get; internal set; }

    public ushort Network { get; internal set; }

    public ushort Variant { get; internal set; }
}

/// <summary>A link with clicks in a batch.</summary>
public readonly record struct LinkOfClicks(Guid LinkId, Guid WorkspaceId);

/// <summary>The texts of a click, in the order of the tables on the wire.</summary>
public enum ClickText
{
    UserAgent,
    Referrer,
    Language,
    Purpose,
    Place,
    Network,
    Variant,
}

/// <summary>A place as one text: country, region and city, separated by line feeds, which names don't contain.</summary>
public static class ClickPlace
{
    public const char Separator = '\n';

    public static string? Join(string? country, string? region, string? city) =>
        country is null && region is null && city is null ? null
        : region is null && city is null ? country
        : $"{country}{Separator}{region}{Separator}{city}";

    public static (string? Country, string? Region, string? City) Split(string? place)
    {
        if (place is null)
        {
            return default;
        }

        var parts = place.Split(Separator, 3);
        return (Known(parts, 0), Known(parts, 1), Known(parts, 2));

        static string? Known(string[] parts, int index) => index < parts.Length && parts[index].Length > 0 ? parts[index] : null;
    }
}
