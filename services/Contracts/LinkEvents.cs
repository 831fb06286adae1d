namespace LinkShort.Contracts;

/// <summary>
/// A link was created or changed. Contains everything for routing, so that consumers don't have to query links.
/// Events of one link may arrive twice or out of order: the highest <see cref="LinkSnapshot.Version"/> is the current one.
/// </summary>
public sealed record LinkChanged(LinkSnapshot Link);

/// <summary>A link as redirect and analytics need it.</summary>
/// <param name="Domain">Host of a custom domain in lower case, or the empty string for the installation's own short host.</param>
/// <param name="Code">As stored, in Unicode normalization form C.</param>
/// <param name="Destination">Sent unchanged in <c>Location</c>.</param>
/// <param name="RedirectType">301, 302, 307 or 308.</param>
/// <param name="Version">Increases by one with each change; never reused, not even after a removal.</param>
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
    /// <summary>Former codes that still lead to the link. Null or empty for none.</summary>
    public IReadOnlyList<string>? Aliases { get; init; }

    /// <summary>Null for a plain redirect.</summary>
    public LinkBehavior? Behavior { get; init; }
}

/// <summary>
/// A range of link ids, from the end of the previous range up to and including <paramref name="UpTo"/>. Two copies of all links are compared by it.
/// </summary>
/// <param name="UpTo">Null for the last range.</param>
/// <param name="Checksum">The exclusive or of PostgreSQL's <c>uuid_hash_extended(id, version)</c> of every link; 0 for none.</param>
public sealed record LinkRange(Guid? UpTo, long Links, long Checksum);

/// <summary>A link was deleted: it no longer leads anywhere.</summary>
public sealed record LinkRemoved(
    Guid LinkId, Guid WorkspaceId, string Domain, string Code, long Version, DateTimeOffset RemovedAt)
{
    /// <summary>
    /// The link keeps its codes and may return with a <see cref="LinkChanged"/> of a higher version; what was counted for it is kept. Otherwise
    /// the deletion is final: another link may get its code.
    /// </summary>
    public bool? IsRestorable { get; init; }
}
