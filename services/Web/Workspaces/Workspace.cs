using System.Text.Json.Serialization;
using LinkShort.Localization;

namespace LinkShort.Web.Workspaces;

/// <summary>A workspace as the API returns it.</summary>
/// <param name="Personal">The visitor's personal workspace.</param>
/// <param name="Role">The visitor's role: owner, admin, member or viewer.</param>
/// <param name="EraseAfter">When it is erased permanently; null unless its deletion is scheduled.</param>
/// <param name="DeletionGraceSeconds">How long a scheduled deletion can be undone; only for a single workspace.</param>
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
    /// <summary>From the response header. Sent back with a change, so that no concurrent change is overwritten.</summary>
    [JsonIgnore]
    public string? ETag { get; init; }

    /// <summary>Everybody's own workspace has the same name, in their language; its stored name is for members that they invite.</summary>
    public Workspace AsShown(Texts texts) => Personal ? this with { Name = texts["workspaces.personalName"] } : this;
}
