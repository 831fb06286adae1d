namespace LinkShort.Identity.Workspaces;

/// <param name="Personal">True for the one that comes with the caller's account.</param>
/// <param name="Role">The caller's: owner, admin, member or viewer.</param>
/// <param name="RequireTwoFactor">Only people with two factors get in.</param>
/// <param name="DeletionScheduledAt">When an owner asked for its deletion; from then on it is read-only, and owners can restore it.</param>
/// <param name="EraseAfter">When it is erased for good; null unless its deletion is scheduled.</param>
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
    /// <summary>For how long its deletion could be taken back, in seconds. Told with a single workspace, null in lists.</summary>
    public long? DeletionGraceSeconds { get; init; }
}
