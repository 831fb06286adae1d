using System.Text.Json.Serialization;
using LinkShort.Contracts;

namespace LinkShort.Redirect.Routing;

/// <summary>The key under which a short URL is looked up.</summary>
/// <param name="Domain">Custom domain in lower case; empty for the installation's own short host.</param>
/// <param name="Code">In Unicode normalization form C.</param>
public readonly record struct RouteKey(string Domain, string Code)
{
    /// <summary>Both parts as one string, the key in caches. Neither hosts nor codes contain a line feed.</summary>
    public string Text => Domain.Length == 0 ? Code : Domain + "\n" + Code;

    public static RouteKey FromText(string text)
    {
        var separator = text.IndexOf('\n', StringComparison.Ordinal);
        return separator < 0 ? new RouteKey("", text) : new RouteKey(text[..separator], text[(separator + 1)..]);
    }
}

/// <summary>The data of a link that answering visitors needs. There is one per cached link, so times are stored as ticks.</summary>
/// <param name="Destination">The value of <c>Location</c>, byte for byte.</param>
/// <param name="RedirectType">301, 302, 307 or 308.</param>
/// <param name="Behavior">Null for a plain redirect.</param>
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

    /// <summary>
    /// <see cref="Behavior"/>, prepared for evaluation; null for plain links. Holds the behaviour, so that plain links don't carry two
    /// fields.
    /// </summary>
    [JsonIgnore]
    public Rules.Plan? Plan { get; } = Behavior is null ? null : new Rules.Plan(Behavior, Destination);

    /// <summary>The header value, see <see cref="Answers.Location"/>. Computed once per cached link, not per answer.</summary>
    [JsonIgnore]
    public string Location { get; } = Answers.Location.Of(Destination);

    /// <summary>The last verdict of <see cref="Safety.DestinationSafety"/> and the version it was made with. 0: not checked yet.</summary>
    [JsonIgnore]
    public int SafetyStamp { get; set; }

    public bool IsActive(DateTimeOffset now) => now.UtcTicks >= _activeFrom;

    public bool IsExpired(DateTimeOffset now) => now.UtcTicks >= _expiresAt;

    public static Route Of(LinkSnapshot link)
    {
        return new Route(link.LinkId, link.WorkspaceId, link.Destination, link.RedirectType, link.ActiveFrom, link.ExpiresAt, link.Archived, link.Behavior);
    }
}

/// <summary>The state of a short URL at a point in time.</summary>
/// <param name="Route">Null if no link has this code.</param>
/// <param name="Revision">
/// Issued by the read model and increasing with each change of the short URL: of two states the one with the higher revision is newer,
/// whichever way they arrived. 0 for codes that the read model doesn't know.
/// </param>
public readonly record struct RouteState(Route? Route, long Revision);
