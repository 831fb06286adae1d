namespace LinkShort.Contracts;

/// <summary>An operator took a workspace out of service in identity, or let it back. links stops its links, as for <c>./linkshort suspend</c>.</summary>
/// <param name="Version">Grows with each such change of the workspace: of two events the higher one is newer.</param>
public sealed record WorkspaceSuspensionChanged(Guid WorkspaceId, bool Suspended, string? Reason, long Version, DateTimeOffset ChangedAt);
