namespace LinkShort.Contracts;

/// <summary>A change relevant to security or data, from any service. identity appends it to the audit log.</summary>
/// <param name="WorkspaceId">The workspace in whose log it is; null for changes to a user's account only.</param>
/// <param name="ActorKind"><c>user</c>, <c>apiKey</c>, <c>operator</c> or <c>system</c>.</param>
/// <param name="ActorId">The user, also of an API key; null for the system and for anonymous callers.</param>
/// <param name="ApiKeyId">The API key that was used.</param>
/// <param name="Action"><c>{thing}.{what happened}</c>: <c>link.created</c>, <c>member.removed</c>.</param>
/// <param name="Before">The state before as JSON, secrets masked; null for a creation.</param>
/// <param name="After">The state after as JSON, secrets masked; null for a deletion.</param>
/// <param name="Network">The network that the request came from (IPv4 /24, IPv6 /48): addresses are not stored.</param>
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
