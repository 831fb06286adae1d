namespace LinkShort.Contracts;

/// <summary>A user became a member of a workspace. Its first owner is in <see cref="WorkspaceCreated"/>.</summary>
/// <param name="Role">owner, admin, member or viewer.</param>
[WithoutConsumer]
public sealed record MemberJoined(Guid WorkspaceId, Guid UserId, string Role, DateTimeOffset JoinedAt);

/// <summary>A member left a workspace or was removed from it.</summary>
[WithoutConsumer]
public sealed record MemberLeft(Guid WorkspaceId, Guid UserId, DateTimeOffset LeftAt);

/// <param name="Role">The new role: owner, admin, member or viewer. Of two events, the later one is current.</param>
[WithoutConsumer]
public sealed record MemberRoleChanged(Guid WorkspaceId, Guid UserId, string Role, DateTimeOffset ChangedAt);

/// <param name="Version">Grows with each change of the workspace: of two events, the higher one wins.</param>
[WithoutConsumer]
public sealed record WorkspaceRenamed(Guid WorkspaceId, string Name, long Version, DateTimeOffset RenamedAt);

/// <summary>An owner scheduled the deletion of a workspace. Until then it is read-only, its links keep working, and it can be restored.</summary>
/// <param name="EraseAfter">When <see cref="WorkspaceErased"/> follows, unless <see cref="WorkspaceRestored"/> does.</param>
public sealed record WorkspaceDeletionScheduled(Guid WorkspaceId, DateTimeOffset EraseAfter, long Version, DateTimeOffset ScheduledAt);

/// <summary>A scheduled deletion was cancelled.</summary>
public sealed record WorkspaceRestored(Guid WorkspaceId, long Version, DateTimeOffset RestoredAt);

/// <summary>A workspace was erased. Each service erases its data of it.</summary>
public sealed record WorkspaceErased(Guid WorkspaceId, DateTimeOffset ErasedAt);
