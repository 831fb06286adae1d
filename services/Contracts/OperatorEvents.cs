namespace LinkShort.Contracts;

/// <summary>An operator suspended or restored a workspace in identity. links suspends its links, as for <c>./linkshort suspend</c>.</summary>
/// <param name="Version">Increases with each such change of the workspace: of two events the higher one is newer.</param>
public sealed record WorkspaceSuspensionChanged(Guid WorkspaceId, bool Suspended, string? Reason, long Version, DateTimeOffset ChangedAt);
