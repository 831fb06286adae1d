using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using LinkShort.Clicks;
using LinkShort.Contracts;
using LinkShort.Visitors;

namespace LinkShort.Redirect.Clicks;

/// <summary>Header fields of a click, decoded as Latin-1: one char per byte.</summary>
public readonly record struct ClickHeaders(string? UserAgent, string? Referrer, string? AcceptLanguage, string? Purpose);

/// <summary>Facts about a click beyond its headers. Place and network are looked up before the click is written; the address is not stored.</summary>
/// <param name="Country">ISO 3166-1 alpha-2.</param>
/// <param name="Region">English name; like <paramref name="City"/>, null for visitors who ask not to be profiled.</param>
/// <param name="Network">See <see cref="Click.Network"/>.</param>
/// <param name="Variant">Name of the chosen A/B variant.</param>
public readonly record struct ClickOrigin(string? Country, string? Region, string? City, string? Network, string? Variant);

/// <summary>
/// A click in the spool, little-endian: time (8 bytes, .NET ticks UTC), link (16), workspace (16), visitor (8), whether there is a visitor
/// (1; none for visitors who ask not to be profiled), then the lengths of seven texts in the order of <see cref="ClickText"/> (2 each,
/// 0xFFFF for absent), then the texts' bytes: header fields as the client sent them, the rest in UTF-8. Records of the previous version end
/// with the fourth text. The publisher cleans and decodes texts, so that no visitor waits for it.
/// </summary>
public static class ClickRecord
{
    public const int MaxUserAgent = 512;
    public const int MaxReferrer = 1024;
    public const int MaxAcceptLanguage = 128;
    public const int MaxPurpose = Purposes.MaxLength;

    private const int MaxCountry = 8;
    private const int MaxPlaceName = 128;
    private const int MaxPlace = MaxCountry + 1 + MaxPlaceName + 1 + MaxPlaceName;
    private const int MaxNetwork = 32;
    private const int MaxVariant = 256;

    private const int LengthsAt = 8 + 16 + 16 + 8 + 1;
    private const int Texts = 7;
    private const int PreviousTexts = 4;
    private const int FixedSize = LengthsAt + (Texts * sizeof(ushort));
    private const ushort Absent = ushort.MaxValue;
    private static readonly int[] Limits = [MaxUserAgent, MaxReferrer, MaxAcceptLanguage, MaxPurpose];

    /// <summary>Bytes of the largest click.</summary>
    public const int MaxSize = FixedSize + MaxUserAgent + MaxReferrer + MaxAcceptLanguage + MaxPurpose + MaxPlace + MaxNetwork + MaxVariant;

    /// <summary>Writes a click. Longer texts are truncated.</summary>
    /// <returns>The number of bytes written.</returns>
    public static int Write(
        Span<byte> record, DateTimeOffset at, Guid linkId, Guid workspaceId, long? visitor, in ClickHeaders headers, in ClickOrigin origin)
    {
        BinaryPrimitives.WriteInt64LittleEndian(record, at.UtcTicks);
        linkId.TryWriteBytes(record[8..]);
        workspaceId.TryWriteBytes(record[24..]);
        BinaryPrimitives.WriteInt64LittleEndian(record[40..], visitor.GetValueOrDefault());
        record[48] = visitor.HasValue ? (byte)1 : (byte)0;
        var position = FixedSize;
        Header(record, ClickText.UserAgent, headers.UserAgent, MaxUserAgent, ref position);
        Header(record, ClickText.Referrer, headers.Referrer, MaxReferrer, ref position);
        Header(record, ClickText.Language, headers.AcceptLanguage, MaxAcceptLanguage, ref position);
        Header(record, ClickText.Purpose, headers.Purpose, MaxPurpose, ref position);
        Place(record, in origin, ref position);
        Name(record, ClickText.Network, origin.Network, MaxNetwork, ref position);
        Name(record, ClickText.Variant, origin.Variant, MaxVariant, ref position);
        return position;
    }

    /// <summary>Adds the click at <paramref name="offset"/> of the segment that <paramref name="batch"/> was started for.</summary>
    /// <param name="format">See <see cref="SpoolSegment.Format"/>.</param>
    /// <exception cref="InvalidDataException">The lengths don't fit the record. Nothing was added.</exception>
    public static void Read(ReadOnlySpan<byte> record, int format, long offset, ClickBatchWriter batch)
    {
        var texts = format == SpoolSegment.PreviousFormat ? PreviousTexts : Texts;
        var first = LengthsAt + (texts * sizeof(ushort));
        var end = first;
        for (var i = 0; i < texts && end <= record.Length; i++)
        {
            end += LengthOf(record, i) is var length && length == Absent ? 0 : length;
        }

        if (end > record.Length)
        {
            throw new InvalidDataException("A click is longer than its record.");
        }

        batch.AddAt(
            offset, At(record), new Guid(record.Slice(8, 16)), new Guid(record.Slice(24, 16)),
            record[48] == 1 ? BinaryPrimitives.ReadInt64LittleEndian(record[40..]) : null);
        for (var i = 0; i < Texts; i++)
        {
            var length = i < texts ? LengthOf(record, i) : Absent;
            if (length == Absent)
            {
                batch.SetAbsent((ClickText)i);
                continue;
            }

            var bytes = record.Slice(first, length);
            first += length;
            if (!batch.TrySet((ClickText)i, bytes))
            {
                batch.Set((ClickText)i, bytes, i < Limits.Length ? Encoding.UTF8.GetBytes(Decode(bytes, Limits[i])) : bytes);
            }
        }
    }

    /// <exception cref="InvalidDataException">The record has no valid time.</exception>
    public static DateTimeOffset At(ReadOnlySpan<byte> record)
    {
        if (record.Length < sizeof(long) || BinaryPrimitives.ReadInt64LittleEndian(record) is var ticks && (ticks < 0 || ticks > DateTimeOffset.MaxValue.Ticks))
        {
            throw new InvalidDataException("A click has an impossible time.");
        }

        return new DateTimeOffset(ticks, TimeSpan.Zero);
    }

    /// <summary>Decodes valid UTF-8 as such and anything else as Latin-1, and removes control characters.</summary>
    /// <param name="limit">The length to which longer texts were truncated.</param>
    internal static string Decode(ReadOnlySpan<byte> bytes, int limit)
    {
        // Truncating may have split a character.
        var whole = bytes.Length == limit && Rune.DecodeLastFromUtf8(bytes, out _, out var cut) == OperationStatus.NeedMoreData ? bytes[..^cut] : bytes;
        var text = Utf8.IsValid(whole) ? Encoding.UTF8.GetString(whole) : Encoding.Latin1.GetString(bytes);
        return text.AsSpan().ContainsAnyInRange('\0', '\x1F') || text.AsSpan().ContainsAnyInRange('\x7F', '\x9F')
            ? string.Concat(text.Where(character => !char.IsControl(character)))
            : text;
    }

    private static int LengthOf(ReadOnlySpan<byte> record, int text)
    {
        var at = LengthsAt + (text * sizeof(ushort));
        return at + sizeof(ushort) <= record.Length
            ? BinaryPrimitives.ReadUInt16LittleEndian(record[at..])
            : throw new InvalidDataException("A click is shorter than its fixed part.");
    }

    private static void Header(Span<byte> record, ClickText text, string? value, int limit, ref int position)
    {
        var length = (int)Absent;
        if (value is not null)
        {
            length = Encoding.Latin1.GetBytes(value.AsSpan(0, Math.Min(value.Length, limit)), record[position..]);
            position += length;
        }

        SetLength(record, text, length);
    }

    private static void Place(Span<byte> record, in ClickOrigin origin, ref int position)
    {
        if (origin.Country is null && origin.Region is null && origin.City is null)
        {
            SetLength(record, ClickText.Place, Absent);
            return;
        }

        // The form of ClickPlace.Join, without a string.
        var start = position;
        Utf8Text(record, origin.Country, MaxCountry, ref position);
        if (origin.Region is not null || origin.City is not null)
        {
            record[position++] = (byte)ClickPlace.Separator;
            Utf8Text(record, origin.Region, MaxPlaceName, ref position);
            record[position++] = (byte)ClickPlace.Separator;
            Utf8Text(record, origin.City, MaxPlaceName, ref position);
        }

        SetLength(record, ClickText.Place, position - start);
    }

    private static void Name(Span<byte> record, ClickText text, string? value, int limit, ref int position)
    {
        var start = position;
        Utf8Text(record, value, limit, ref position);
        SetLength(record, text, value is null ? Absent : position - start);
    }

    private static void Utf8Text(Span<byte> record, string? value, int limit, ref int position)
    {
        // Stops at the last whole character that fits.
        Utf8.FromUtf16(value, record.Slice(position, limit), out _, out var written);
        position += written;
    }

    private static void SetLength(Span<byte> record, ClickText text, int length) =>
        BinaryPrimitives.WriteUInt16LittleEndian(record[(LengthsAt + ((int)text * sizeof(ushort)))..], (ushort)length);
}
