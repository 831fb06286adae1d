namespace LinkShort.Contracts;

/// <summary>
/// A link was created or changed. Carries all that routing needs, so that a consumer never has to ask back.
/// Events of one link can arrive twice or out of order: the higher <see cref="LinkSnapshot.Version"/> wins.
/// </summary>
public sealed record LinkChanged(LinkSnapshot Link);

/// <summary>What redirect and analytics need to know of a link.</summary>
/// <param name="Domain">Host of a custom domain in lower case, or the empty string for the installation's own short host.</param>
/// <param name="Code">As stored, in Unicode normalization form C.</param>
/// <param name="Destination">Byte for byte what goes out in <c>Location</c>.</param>
/// <param name="RedirectType">301, 302, 307 or 308.</param>
/// <param name="Version">Grows by one with each change; never reused, not even after a removal.</param>
public sealed record LinkSnapshot(
    Guid LinkId,
    Guid WorkspaceId,
    string Domain,
    string Code,
    string Destination,
    int RedirectType,
    DateTimeOffset? ActiveFrom,
    DateTimeOffset? ExpiresAt,
    bool Archived,
    long Version,
    DateTimeOffset CreatedAt)
{
    /// <summary>Codes that the link had before and that still lead to it. Null as well as empty: none.</summary>
    public IReadOnlyList<string>? Aliases { get; init; }

    /// <summary>Null: a plain redirect.</summary>
    public LinkBehavior? Behavior { get; init; }
}

/// <summary>Links whose ids follow the range before it, up to and including <paramref name="UpTo"/>. What two copies of all links are compared by.</summary>
/// <param name="UpTo">Null: no more links follow.</param>
/// <param name="Checksum">The exclusive or of PostgreSQL's <c>uuid_hash_extended(id, version)</c> of every link; 0 for none.</param>
public sealed record LinkRange(Guid? UpTo, long Links, long Checksum);

/// <summary>A link is gone. Its code may be taken again by another link.</summary>
public sealed record LinkRemoved(
    Guid LinkId, Guid WorkspaceId, string Domain, string Code, long Version, DateTimeOffset RemovedAt);
