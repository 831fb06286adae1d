namespace LinkShort.Contracts;

/// <summary>Clicks of one redirect instance, in order.</summary>
/// <param name="BatchId">Deterministic for the same clicks, so that a batch published twice counts once.</param>
/// <param name="Clicks">Empty where <see cref="Packed"/> has them.</param>
public sealed record ClicksRecorded(Guid BatchId, IReadOnlyList<Click> Clicks)
{
    /// <summary>The clicks in a form a tenth of the size, see <c>ClickBatch</c> of services/Shared/Clicks; null where <see cref="Clicks"/> has them.</summary>
    public byte[]? Packed { get; init; }
}

/// <summary>A redirect that was answered. Contains no address: redirect hashes it before anything is written.</summary>
/// <param name="Visitor">
/// A hash of (workspace, address, user agent), keyed with a daily salt that is deleted after two days.
/// Null for visitors who ask not to be profiled (Sec-GPC or DNT).
/// </param>
/// <param name="UserAgent">As sent, at most 512 characters.</param>
/// <param name="Referrer">As sent, at most 1,024 characters.</param>
/// <param name="AcceptLanguage">As sent, at most 128 characters.</param>
/// <param name="Purpose"><c>Sec-Purpose</c>, <c>Purpose</c>, <c>X-Purpose</c> or <c>X-Moz</c>, which prefetchers send; at most 64 characters.</param>
public sealed record Click(
    Guid ClickId,
    Guid LinkId,
    Guid WorkspaceId,
    DateTimeOffset At,
    long? Visitor,
    string? UserAgent,
    string? Referrer,
    string? AcceptLanguage,
    string? Purpose)
{
    /// <summary>The country of the visitor's address, ISO 3166-1 alpha-2; null for unknown.</summary>
    public string? Country { get; init; }

    /// <summary>English name of the first-level subdivision; null for unknown, and for visitors who ask not to be profiled.</summary>
    public string? Region { get; init; }

    /// <summary>English name; null as for <see cref="Region"/>.</summary>
    public string? City { get; init; }

    /// <summary>
    /// The operator's category if the visitor's network belongs to a known operator of bots: <c>crawler</c>, <c>preview</c>, <c>scanner</c>,
    /// <c>monitor</c>; otherwise null.
    /// </summary>
    public string? Network { get; init; }

    /// <summary>Name of the A/B variant that was chosen; null when the link has none.</summary>
    public string? Variant { get; init; }
}

/// <summary>New lifetime totals of clicked links. Totals only grow, so the highest is the current one.</summary>
public sealed record ClickTotalsChanged(IReadOnlyList<LinkClickTotal> Totals);

/// <summary>
/// Links whose click limit was reached, published by redirect, which counts their visits. May arrive twice or out of order: visits only increase.
/// </summary>
public sealed record ClickLimitsReached(IReadOnlyList<AdmittedVisits> Links);

/// <param name="Visits">Visits that were admitted under the link's limit so far. The limit is reached while it isn't higher.</param>
public sealed record AdmittedVisits(Guid WorkspaceId, Guid LinkId, long Visits);

/// <param name="Clicks">Human clicks since the link was created.</param>
public sealed record LinkClickTotal(Guid LinkId, Guid WorkspaceId, long Clicks);
