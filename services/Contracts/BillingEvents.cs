namespace LinkShort.Contracts;

/// <summary>A workspace's plan changed, or what its plan allows. Events may arrive twice or out of order: the highest version is the current one.</summary>
/// <param name="Version">Increases with each change of the workspace.</param>
public sealed record SubscriptionChanged(Guid WorkspaceId, Entitlements Entitlements, long Version, DateTimeOffset ChangedAt);

/// <summary>
/// The plan of all workspaces that no <see cref="SubscriptionChanged"/> names. Published at the start of billing and repeated every minute, so that a
/// service that is added later learns it too.
/// </summary>
/// <param name="Version">Increases with each change of the plan or of what it allows.</param>
public sealed record DefaultPlanChanged(Entitlements Entitlements, long Version);

/// <summary>A total of a workspace and month, published by the service that counts it. The highest version is the current one.</summary>
/// <param name="Metric">One of <see cref="UsageMetrics"/>.</param>
/// <param name="Month">Its first day.</param>
public sealed record UsageCounted(Guid WorkspaceId, string Metric, DateOnly Month, long Value, long Version);

/// <summary>
/// A workspace used a share of a limit, published by the service that enforces the limit, in the transaction that crossed the threshold. Once per
/// threshold and month, unless the limit changes.
/// </summary>
/// <param name="Limit">One of <see cref="PlanLimits"/>.</param>
/// <param name="Month">The first day of the month that the limit is for.</param>
/// <param name="Percent">80 or 100.</param>
public sealed record UsageThresholdReached(
    Guid NoticeId, Guid WorkspaceId, string Limit, DateOnly Month, int Percent, long Used, long Allowed, string Plan, DateTimeOffset At);
