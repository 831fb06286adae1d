using System.Text.Json.Serialization;

namespace LinkShort.Web.Workspaces;

/// <summary>As the API tells it.</summary>
/// <param name="Personal">The one that comes with the visitor's account.</param>
/// <param name="Role">The visitor's: owner, admin, member or viewer.</param>
/// <param name="EraseAfter">When it is erased for good; null unless its deletion is scheduled.</param>
/// <param name="DeletionGraceSeconds">How long a scheduled deletion can be taken back; told with a single workspace only.</param>
public sealed record Workspace(
    Guid Id,
    string Name,
    string Plan,
    bool Personal,
    string Role,
    bool RequireTwoFactor,
    DateTimeOffset? DeletionScheduledAt,
    DateTimeOffset? EraseAfter,
    DateTimeOffset CreatedAt,
    long? DeletionGraceSeconds = null)
{
    /// <summary>From the answer's header; sent back with a change so that nobody else's is overwritten.</summary>
    [JsonIgnore]
    public string? ETag { get; init; }
}
