namespace LinkShort.Contracts;

/// <summary>Something that matters for security or data was done, in whichever service. identity appends it to the audit log.</summary>
/// <param name="WorkspaceId">Whose log it belongs to; null for what concerns a person alone.</param>
/// <param name="ActorKind"><c>user</c>, <c>apiKey</c>, <c>operator</c> or <c>system</c>.</param>
/// <param name="ActorId">The person (also behind an API key); null for the system and for strangers.</param>
/// <param name="ApiKeyId">The API key that was used.</param>
/// <param name="Action"><c>{thing}.{what happened}</c>: <c>link.created</c>, <c>member.removed</c>.</param>
/// <param name="Before">JSON of what was, secrets masked; null when there was nothing.</param>
/// <param name="After">JSON of what is, secrets masked; null when there is nothing any more.</param>
/// <param name="Network">The network that the request came from (IPv4 /24, IPv6 /48): addresses don't rest anywhere.</param>
public sealed record AuditRecorded(
    Guid EntryId,
    Guid? WorkspaceId,
    string ActorKind,
    Guid? ActorId,
    Guid? ApiKeyId,
    string Action,
    string TargetType,
    string TargetId,
    string? Before,
    string? After,
    string? Network,
    string? UserAgent,
    string? TraceId,
    DateTimeOffset At);
