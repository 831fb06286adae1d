using System.Text.Json.Serialization;
using LinkShort.Contracts;

namespace LinkShort.Redirect.Routing;

/// <summary>What a short address is looked up under.</summary>
/// <param name="Domain">Custom domain in lower case; empty for the installation's own short host.</param>
/// <param name="Code">In Unicode normalization form C.</param>
public readonly record struct RouteKey(string Domain, string Code)
{
    /// <summary>One text for both, under which caches keep it. No host and no code holds a line feed.</summary>
    public string Text => Domain.Length == 0 ? Code : Domain + "\n" + Code;

    public static RouteKey FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var separator = text.IndexOf('\n', StringComparison.Ordinal);
        return separator < 0 ? new RouteKey("", text) : new RouteKey(text[..separator], text[(separator + 1)..]);
    }
}

/// <summary>All that answering a visitor needs to know of a link. Kept once per cached link, so its times are ticks.</summary>
/// <param name="Destination">Byte for byte what goes out in <c>Location</c>.</param>
/// <param name="RedirectType">301, 302, 307 or 308.</param>
/// <param name="Behavior">Null: a plain redirect.</param>
public sealed record Route(
    Guid LinkId,
    Guid WorkspaceId,
    string Destination,
    int RedirectType,
    DateTimeOffset? ActiveFrom,
    DateTimeOffset? ExpiresAt,
    bool Archived,
    LinkBehavior? Behavior = null)
{
    private readonly long _activeFrom = ActiveFrom?.UtcTicks ?? long.MinValue;
    private readonly long _expiresAt = ExpiresAt?.UtcTicks ?? long.MaxValue;

    /// <summary>In UTC.</summary>
    public DateTimeOffset? ActiveFrom
    {
        get => _activeFrom == long.MinValue ? null : new DateTimeOffset(_activeFrom, TimeSpan.Zero);
        init => _activeFrom = value?.UtcTicks ?? long.MinValue;
    }

    /// <summary>In UTC.</summary>
    public DateTimeOffset? ExpiresAt
    {
        get => _expiresAt == long.MaxValue ? null : new DateTimeOffset(_expiresAt, TimeSpan.Zero);
        init => _expiresAt = value?.UtcTicks ?? long.MaxValue;
    }

    public LinkBehavior? Behavior => Plan?.Behavior;

    /// <summary><see cref="Behavior"/>, prepared for evaluation. Null as that is. In its place, so that plain links don't carry both.</summary>
    [JsonIgnore]
    public Rules.Plan? Plan { get; } = Behavior is null ? null : new Rules.Plan(Behavior, Destination);

    /// <summary>As a header value: see <see cref="Answers.Location"/>. Made once per cached link, not per answer.</summary>
    [JsonIgnore]
    public string Location { get; } = Answers.Location.Of(Destination);

    /// <summary>The last verdict of <see cref="Safety.DestinationSafety"/>, and the version that it was made under. 0: never judged.</summary>
    [JsonIgnore]
    public int SafetyStamp { get; set; }

    public bool IsActive(DateTimeOffset now) => now.UtcTicks >= _activeFrom;

    public bool IsExpired(DateTimeOffset now) => now.UtcTicks >= _expiresAt;

    public static Route Of(LinkSnapshot link)
    {
        ArgumentNullException.ThrowIfNull(link);
        return new Route(link.LinkId, link.WorkspaceId, link.Destination, link.RedirectType, link.ActiveFrom, link.ExpiresAt, link.Archived, link.Behavior);
    }
}

/// <summary>What a short address leads to at one moment.</summary>
/// <param name="Route">Null: no link has this code.</param>
/// <param name="Revision">
/// Issued by the read model, growing with each change of what the address leads to: of two states the higher one is newer, whichever
/// way they came. 0 for what the read model doesn't know.
/// </param>
public readonly record struct RouteState(Route? Route, long Revision);
