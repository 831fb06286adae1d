using System.Buffers.Binary;
using System.Text;
using LinkShort.Analytics.Enrichment;
using Npgsql;

namespace LinkShort.Analytics.RecordClicks;

/// <summary>
/// Writes clicks into <c>clicks</c> by COPY, in PostgreSQL's binary format
/// (https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS): rows are assembled in memory and sent many at a time,
/// instead of with a call per field.
/// </summary>
public sealed class ClickCopy : IAsyncDisposable
{
    private const int SendFrom = 64 * 1024;

    /// <summary>Upper bound of a row without its texts.</summary>
    private const int FixedPart = 256;
    private const short Columns = 16;
    private static readonly DateTime PostgresEpoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly NpgsqlRawCopyStream _stream;
    private byte[] _buffer = new byte[SendFrom * 2];
    private int _length;

    private ClickCopy(NpgsqlRawCopyStream stream) => _stream = stream;

    public static async Task<ClickCopy> BeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var copy = new ClickCopy(await connection.BeginRawBinaryCopyAsync(
            """
            copy clicks (at, workspace_id, link_id, click_id, visitor, class, referrer, browser, os, device, language, country, region, city, variant, reason)
            from stdin (format binary)
            """, cancellationToken));
        // Signature, flags, length of the header extension.
        copy.Write([0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00, 0, 0, 0, 0, 0, 0, 0, 0]);
        return copy;
    }

    public ValueTask AddAsync(in EnrichedClick click, CancellationToken cancellationToken)
    {
        Reserve(FixedPart);
        Int16(Columns);
        Int64Field((click.At - PostgresEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        GuidField(click.WorkspaceId);
        GuidField(click.LinkId);
        GuidField(click.ClickId);
        if (click.Visitor is { } visitor)
        {
            Int64Field(visitor);
        }
        else
        {
            Int32(-1);
        }

        Int32(sizeof(short));
        Int16((short)click.Class);
        TextField(click.Referrer);
        TextField(click.Browser);
        TextField(click.Os);
        TextField(click.Device);
        TextField(click.Language);
        TextField(click.Country);
        TextField(click.Region);
        TextField(click.City);
        TextField(click.Variant);
        TextField(click.Reason);
        return _length >= SendFrom ? SendAsync(cancellationToken) : ValueTask.CompletedTask;
    }

    /// <summary>Ends the COPY. Without it nothing is copied, and the transaction can't be committed.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        Reserve(sizeof(short));
        Int16(-1);
        await SendAsync(cancellationToken);
        await _stream.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // After an error this only reads the server's response to it.
        await _stream.DisposeAsync();
    }

    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(_buffer.AsMemory(0, _length), cancellationToken);
        _length = 0;
    }

    private void Reserve(int length)
    {
        if (_buffer.Length - _length < length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + length));
        }
    }

    private void TextField(string? text)
    {
        if (text is null)
        {
            Reserve(sizeof(int));
            Int32(-1);
            return;
        }

        Reserve(sizeof(int) + Encoding.UTF8.GetMaxByteCount(text.Length));
        var length = Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_length + sizeof(int)));
        Int32(length);
        _length += length;
    }

    private void Int64Field(long value)
    {
        Int32(sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(_buffer.AsSpan(_length), value);
        _length += sizeof(long);
    }

    private void GuidField(Guid value)
    {
        Int32(16);
        value.TryWriteBytes(_buffer.AsSpan(_length), bigEndian: true, out _);
        _length += 16;
    }

    private void Int32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_length), value);
        _length += sizeof(int);
    }

    private void Int16(short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(_buffer.AsSpan(_length), value);
        _length += sizeof(short);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }
}
