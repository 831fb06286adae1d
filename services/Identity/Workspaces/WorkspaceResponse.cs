namespace LinkShort.Identity.Workspaces;

/// <param name="Personal">Whether it is the caller's personal workspace.</param>
/// <param name="Role">The caller's: owner, admin, member or viewer.</param>
/// <param name="RequireTwoFactor">Whether members need two factors.</param>
/// <param name="DeletionScheduledAt">When an owner scheduled its deletion. From then on it is read-only, and owners can restore it.</param>
/// <param name="EraseAfter">When it is erased; null unless its deletion is scheduled.</param>
public sealed record WorkspaceResponse(
    Guid Id,
    string Name,
    string Plan,
    bool Personal,
    string Role,
    bool RequireTwoFactor,
    DateTimeOffset? DeletionScheduledAt,
    DateTimeOffset? EraseAfter,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    long Version)
{
    /// <summary>How long its deletion can be cancelled, in seconds. Null in lists.</summary>
    public long? DeletionGraceSeconds { get; init; }
}
