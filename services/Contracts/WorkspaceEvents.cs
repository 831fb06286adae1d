namespace LinkShort.Contracts;

/// <summary>Somebody may enter a workspace from now on. Its first owner is told by <see cref="WorkspaceCreated"/>.</summary>
/// <param name="Role">owner, admin, member or viewer.</param>
[WithoutConsumer]
public sealed record MemberJoined(Guid WorkspaceId, Guid UserId, string Role, DateTimeOffset JoinedAt);

/// <summary>Somebody left a workspace, or was removed from it.</summary>
[WithoutConsumer]
public sealed record MemberLeft(Guid WorkspaceId, Guid UserId, DateTimeOffset LeftAt);

/// <param name="Role">What the person is from now on: owner, admin, member or viewer. Of two events, the later time wins.</param>
[WithoutConsumer]
public sealed record MemberRoleChanged(Guid WorkspaceId, Guid UserId, string Role, DateTimeOffset ChangedAt);

/// <param name="Version">Grows with each change of the workspace: of two events, the higher one wins.</param>
[WithoutConsumer]
public sealed record WorkspaceRenamed(Guid WorkspaceId, string Name, long Version, DateTimeOffset RenamedAt);

/// <summary>An owner wants the workspace deleted. Until then it is read-only, its links go on leading somewhere, and it can be restored.</summary>
/// <param name="EraseAfter">When <see cref="WorkspaceErased"/> follows, unless <see cref="WorkspaceRestored"/> does.</param>
[WithoutConsumer]
public sealed record WorkspaceDeletionScheduled(Guid WorkspaceId, DateTimeOffset EraseAfter, long Version, DateTimeOffset ScheduledAt);

/// <summary>A scheduled deletion was taken back.</summary>
[WithoutConsumer]
public sealed record WorkspaceRestored(Guid WorkspaceId, long Version, DateTimeOffset RestoredAt);

/// <summary>A workspace is gone for good: whoever holds data of it erases them.</summary>
public sealed record WorkspaceErased(Guid WorkspaceId, DateTimeOffset ErasedAt);
