namespace LinkShort.Contracts;

/// <summary>Clicks in the order in which one redirect instance answered them.</summary>
/// <param name="BatchId">Deterministic for the same clicks, so that a batch published twice counts once.</param>
/// <param name="Clicks">1 to 500.</param>
public sealed record ClicksRecorded(Guid BatchId, IReadOnlyList<Click> Clicks);

/// <summary>One answered redirect. Carries no address: redirect hashes it before anything is written.</summary>
/// <param name="Visitor">
/// First 64 bits of a hash over (daily salt, workspace, address, user agent); the salt is thrown away after two days.
/// Null for visitors who ask not to be profiled (Sec-GPC or DNT).
/// </param>
/// <param name="UserAgent">As sent, at most 512 characters.</param>
/// <param name="Referrer">As sent, at most 1,024 characters.</param>
/// <param name="AcceptLanguage">As sent, at most 128 characters.</param>
/// <param name="Purpose"><c>Sec-Purpose</c> or <c>Purpose</c>, which prefetchers send; at most 64 characters.</param>
public sealed record Click(
    Guid ClickId,
    Guid LinkId,
    Guid WorkspaceId,
    DateTimeOffset At,
    long? Visitor,
    string? UserAgent,
    string? Referrer,
    string? AcceptLanguage,
    string? Purpose);

/// <summary>New lifetime totals of links that were clicked. A total only grows, so the highest wins.</summary>
public sealed record ClickTotalsChanged(IReadOnlyList<LinkClickTotal> Totals);

/// <param name="Clicks">Human clicks since the link was created.</param>
public sealed record LinkClickTotal(Guid LinkId, Guid WorkspaceId, long Clicks);
