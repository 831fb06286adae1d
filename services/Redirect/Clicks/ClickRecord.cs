using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using LinkShort.Contracts;

namespace LinkShort.Redirect.Clicks;

/// <summary>
/// A click as it lies in the spool, little-endian: time (8 bytes, .NET ticks UTC), link (16), workspace (16), visitor (8), whether there
/// is a visitor (1), then the lengths of four texts (2 each, 0xFFFF for absent), then the texts' bytes as the client sent them.
/// Cleaning and decoding them is left to the publisher: it is not worth a visitor's time.
/// </summary>
public static class ClickRecord
{
    public const int MaxUserAgent = 512;
    public const int MaxReferrer = 1024;
    public const int MaxAcceptLanguage = 128;
    public const int MaxPurpose = 64;

    private const int FixedSize = 8 + 16 + 16 + 8 + 1 + (4 * sizeof(ushort));
    private const ushort Absent = ushort.MaxValue;

    /// <summary>Bytes of the largest click.</summary>
    public const int MaxSize = FixedSize + MaxUserAgent + MaxReferrer + MaxAcceptLanguage + MaxPurpose;

    /// <summary>Texts are header values decoded as Latin-1, one char a byte; longer ones are cut.</summary>
    /// <returns>The bytes written.</returns>
    public static int Write(
        Span<byte> record, DateTimeOffset at, Guid linkId, Guid workspaceId, long? visitor,
        string? userAgent, string? referrer, string? acceptLanguage, string? purpose)
    {
        BinaryPrimitives.WriteInt64LittleEndian(record, at.UtcTicks);
        linkId.TryWriteBytes(record[8..]);
        workspaceId.TryWriteBytes(record[24..]);
        BinaryPrimitives.WriteInt64LittleEndian(record[40..], visitor.GetValueOrDefault());
        record[48] = visitor.HasValue ? (byte)1 : (byte)0;
        var position = FixedSize;
        Text(record, 0, userAgent, MaxUserAgent, ref position);
        Text(record, 1, referrer, MaxReferrer, ref position);
        Text(record, 2, acceptLanguage, MaxAcceptLanguage, ref position);
        Text(record, 3, purpose, MaxPurpose, ref position);
        return position;

        static void Text(Span<byte> record, int index, string? text, int limit, ref int position)
        {
            var length = Absent;
            if (text is not null)
            {
                length = (ushort)Encoding.Latin1.GetBytes(text.AsSpan(0, Math.Min(text.Length, limit)), record[position..]);
                position += length;
            }

            BinaryPrimitives.WriteUInt16LittleEndian(record[(49 + (index * sizeof(ushort)))..], length);
        }
    }

    /// <exception cref="InvalidDataException">The lengths don't fit the record.</exception>
    public static Click Read(ReadOnlySpan<byte> record, Func<DateTimeOffset, Guid> clickId)
    {
        ArgumentNullException.ThrowIfNull(clickId);
        if (record.Length < FixedSize)
        {
            throw new InvalidDataException("A click is shorter than its fixed part.");
        }

        var at = new DateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(record), TimeSpan.Zero);
        var position = FixedSize;
        return new Click(
            clickId(at),
            new Guid(record.Slice(8, 16)),
            new Guid(record.Slice(24, 16)),
            at,
            record[48] == 1 ? BinaryPrimitives.ReadInt64LittleEndian(record[40..]) : null,
            Text(record, 0, MaxUserAgent, ref position),
            Text(record, 1, MaxReferrer, ref position),
            Text(record, 2, MaxAcceptLanguage, ref position),
            Text(record, 3, MaxPurpose, ref position));

        static string? Text(ReadOnlySpan<byte> record, int index, int limit, ref int position)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(record[(49 + (index * sizeof(ushort)))..]);
            if (length == Absent)
            {
                return null;
            }

            if (position + length > record.Length)
            {
                throw new InvalidDataException("A text is longer than its click.");
            }

            var bytes = record.Slice(position, length);
            position += length;
            return Decode(bytes, limit);
        }
    }

    /// <summary>UTF-8 if it is, otherwise Latin-1: every byte sequence is some text. Without control characters.</summary>
    /// <param name="limit">The length to which the text was cut, if it was longer.</param>
    internal static string Decode(ReadOnlySpan<byte> bytes, int limit)
    {
        // Cutting to length may have cut a character.
        var whole = bytes.Length == limit && Rune.DecodeLastFromUtf8(bytes, out _, out var cut) == OperationStatus.NeedMoreData ? bytes[..^cut] : bytes;
        var text = Utf8.IsValid(whole) ? Encoding.UTF8.GetString(whole) : Encoding.Latin1.GetString(bytes);
        return text.AsSpan().ContainsAnyInRange('\0', '\x1F') || text.AsSpan().ContainsAnyInRange('\x7F', '\x9F')
            ? string.Concat(text.Where(character => !char.IsControl(character)))
            : text;
    }
}
