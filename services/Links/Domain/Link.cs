using LinkShort.Contracts;
using LinkShort.Links.Storage;

namespace LinkShort.Links.Domain;

/// <summary>A link as stored.</summary>
public sealed record Link
{
    public required Guid Id { get; init; }

    public required Guid WorkspaceId { get; init; }

    /// <summary>Empty for the installation's own short host.</summary>
    public required string Domain { get; init; }

    public required string Code { get; init; }

    /// <summary>Previous codes that still lead to the link, latest first.</summary>
    public string[] Aliases { get; init; } = [];

    /// <summary>Byte for byte as received.</summary>
    public required string Url { get; init; }

    public string? Title { get; init; }

    public string? Notes { get; init; }

    public string[] Tags { get; init; } = [];

    /// <summary>301, 302, 307 or 308.</summary>
    public int RedirectType { get; init; } = LinkInput.DefaultRedirectType;

    public DateTimeOffset? ActiveFrom { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Null for a plain redirect.</summary>
    public LinkBehavior? Behavior { get; init; }

    public bool Archived { get; init; }

    /// <summary>Clicks by people, as last reported by analytics.</summary>
    public long Clicks { get; init; }

    /// <summary>Starts at 1 and increases by one with each change. Clicks are not changes.</summary>
    public long Version { get; init; } = 1;

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public required Guid CreatedBy { get; init; }

    /// <summary>Visits admitted under the click limit, as last reported by redirect; null if it never reported the limit as reached.</summary>
    public long? VisitsUsed { get; init; }

    /// <summary>Null unless the link was deleted. Until <see cref="RestorableUntil"/> it keeps its codes and can be restored.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    public DateTimeOffset? RestorableUntil => DeletedAt + DeletedFor;

    /// <summary>How long a deleted link can be restored.</summary>
    public static TimeSpan DeletedFor { get; } = TimeSpan.FromDays(30);

    /// <summary>Whether the click limit is reached. Raising <see cref="LinkBehavior.MaxClicks"/> opens the link again.</summary>
    public bool IsUsedUp => VisitsUsed >= Behavior?.MaxClicks;

    public LinkSnapshot ToSnapshot() =>
        new(Id, WorkspaceId, Domain, Code, Url, RedirectType, ActiveFrom, ExpiresAt, Archived, Version, CreatedAt)
        {
            Aliases = Aliases.Length == 0 ? null : Aliases,
            Behavior = Behavior,
        };

    /// <summary>Whether the two look the same to their owner.</summary>
    public bool HasSameContentAs(Link other)
    {
        return Code == other.Code && Aliases.SequenceEqual(other.Aliases) && Url == other.Url && Title == other.Title && Notes == other.Notes && Tags.SequenceEqual(other.Tags)
            && RedirectType == other.RedirectType && ActiveFrom == other.ActiveFrom && ExpiresAt == other.ExpiresAt && Archived == other.Archived && DeletedAt == other.DeletedAt
            && BehaviorJson.Write(Behavior) == BehaviorJson.Write(other.Behavior);
    }
}
