using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace LinkShort.Identity.AuditLog;

/// <summary>
/// The hash of an entry: SHA-256 over a name with the version, then every field preceded by its length (four bytes, big-endian; all ones
/// for null), so that no two entries have the same encoding. The previous entry's hash is one of the fields, which makes the chain.
/// Personal details are hashed separately, with a salt, so that they can be erased without breaking it.
/// </summary>
public static class AuditHash
{
    /// <summary>The version of new entries.</summary>
    public const short Version = 1;

    public const int SaltBytes = 16;

    /// <summary>The previous hash of a chain's first entry.</summary>
    public static byte[] Start => new byte[SHA256.HashSizeInBytes];

    /// <exception cref="NotSupportedException">The row was written by a later version of identity.</exception>
    public static byte[] Of(AuditRow row)
    {
        using var hash = CreateHash("LinkShort.AuditEntry.v1", row.Encoding);
        Add(hash, row.PreviousHash);
        Add(hash, row.Chain);
        Add(hash, row.Sequence);
        Add(hash, row.EntryId);
        Add(hash, row.WorkspaceId);
        Add(hash, row.ActorKind);
        Add(hash, row.ActorId);
        Add(hash, row.ApiKeyId);
        Add(hash, row.Action);
        Add(hash, row.TargetType);
        Add(hash, row.TargetId);
        Add(hash, row.TraceId);
        Add(hash, row.At);
        Add(hash, row.RecordedAt);
        Add(hash, row.DetailsDigest);
        return hash.GetHashAndReset();
    }

    /// <summary>Of the details that can be erased. The row must have its salt.</summary>
    public static byte[] OfDetails(AuditRow row)
    {
        using var hash = CreateHash("LinkShort.AuditDetails.v1", row.Encoding);
        Add(hash, row.Salt);
        Add(hash, row.Before);
        Add(hash, row.After);
        Add(hash, row.Network);
        Add(hash, row.UserAgent);
        return hash.GetHashAndReset();
    }

    private static IncrementalHash CreateHash(string name, short encoding)
    {
        if (encoding != Version)
        {
            throw new NotSupportedException($"Audit entries of encoding {encoding} are unknown to this version of identity.");
        }

        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, name);
        return hash;
    }

    private static void Add(IncrementalHash hash, ReadOnlySpan<byte> bytes, bool isNull = false)
    {
        Span<byte> length = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(length, isNull ? uint.MaxValue : (uint)bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }

    private static void Add(IncrementalHash hash, byte[]? bytes) => Add(hash, bytes, bytes is null);

    private static void Add(IncrementalHash hash, string? text) => Add(hash, text is null ? [] : Encoding.UTF8.GetBytes(text), text is null);

    private static void Add(IncrementalHash hash, Guid? id) => Add(hash, id is { } value ? value.ToByteArray(bigEndian: true) : [], id is null);

    private static void Add(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        Add(hash, bytes);
    }

    /// <summary>Microseconds since 1970, PostgreSQL's precision.</summary>
    private static void Add(IncrementalHash hash, DateTimeOffset time) =>
        Add(hash, (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond);
}
