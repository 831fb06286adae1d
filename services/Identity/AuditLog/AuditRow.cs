namespace LinkShort.Identity.AuditLog;

/// <summary>An entry as stored in <c>audit_log</c>.</summary>
public sealed record AuditRow
{
    /// <summary>In the order of this record's properties.</summary>
    public const string Columns = """
        chain, sequence, encoding, entry_id, workspace_id, actor_kind, actor_id, api_key_id, action, target_type, target_id, trace_id, at,
        recorded_at, before, after, network, user_agent, salt, details_erased, details_digest, previous_hash, hash
        """;

    /// <summary>A workspace, a user, or all zeros for the installation.</summary>
    public required Guid Chain { get; init; }

    public required long Sequence { get; init; }

    /// <summary>Version of the encoding that <see cref="AuditHash"/> hashed.</summary>
    public required short Encoding { get; init; }

    public required Guid EntryId { get; init; }

    public Guid? WorkspaceId { get; init; }

    public required string ActorKind { get; init; }

    public Guid? ActorId { get; init; }

    public Guid? ApiKeyId { get; init; }

    public required string Action { get; init; }

    public required string TargetType { get; init; }

    public required string TargetId { get; init; }

    public string? TraceId { get; init; }

    public required DateTimeOffset At { get; init; }

    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>JSON, exactly as it was hashed.</summary>
    public string? Before { get; init; }

    public string? After { get; init; }

    public string? Network { get; init; }

    public string? UserAgent { get; init; }

    /// <summary>16 random bytes; null once the details are erased.</summary>
    public byte[]? Salt { get; init; }

    public bool DetailsErased { get; init; }

    public required byte[] DetailsDigest { get; init; }

    public required byte[] PreviousHash { get; init; }

    public required byte[] Hash { get; init; }
}
