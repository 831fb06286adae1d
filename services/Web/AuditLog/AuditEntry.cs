using System.Text.Json;

namespace LinkShort.Web.AuditLog;

/// <summary>An entry of the workspace's audit log.</summary>
/// <param name="Sequence">1, 2, 3 … in the workspace's chain.</param>
/// <param name="Network">The network of the request, never a full IP address.</param>
public sealed record AuditEntry(
    Guid Id,
    long Sequence,
    DateTimeOffset At,
    AuditActor Actor,
    string Action,
    AuditTarget Target,
    JsonElement? Before,
    JsonElement? After,
    bool DetailsErased,
    string? Network,
    string? UserAgent,
    string? TraceId,
    string Hash);

/// <param name="Kind">user, apiKey, operator or system.</param>
/// <param name="Name">The user's current name; null once the account is erased.</param>
public sealed record AuditActor(string Kind, Guid? Id, Guid? ApiKeyId, string? Name, string? Email);

/// <param name="Name">The current name of a member, user, API key or workspace; null for others.</param>
public sealed record AuditTarget(string Type, string Id, string? Name = null);

/// <param name="Checked">Entries whose hashes were recomputed.</param>
/// <param name="FirstBroken">Null if the log is intact.</param>
public sealed record AuditVerdict(bool Valid, long Checked, AuditBreak? FirstBroken, AuditHead Head);

public sealed record AuditBreak(long Sequence, string Why);

/// <param name="Hash">Lower-case hex.</param>
public sealed record AuditHead(long Sequence, string Hash);
