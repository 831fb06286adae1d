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

/// <summary>The owners of a workspace are to be informed by email. billing knows the workspace; identity, its owners.</summary>
/// <param name="NoticeId">One email per id and owner.</param>
/// <param name="Kind">One of <see cref="BillingNoticeKinds"/>.</param>
public sealed record BillingNoticeRaised(Guid NoticeId, Guid WorkspaceId, string Kind, BillingFacts Facts, DateTimeOffset At);

/// <summary>identity's answer to <see cref="BillingNoticeRaised"/>, for each owner who may get the email.</summary>
/// <param name="Locale">The owner's language, e.g. <c>de</c>.</param>
public sealed record BillingMailRequested(
    Guid NoticeId, Guid UserId, Guid WorkspaceId, string WorkspaceName, string Email, string? Name, string Locale, string Kind, BillingFacts Facts);

/// <summary>What the email says; members that don't concern it are null.</summary>
public sealed record BillingFacts
{
    /// <summary>The plan's name as shown: <c>Pro</c>.</summary>
    public string? Plan { get; init; }

    /// <summary>One of <see cref="PlanLimits"/>.</summary>
    public string? Limit { get; init; }

    public long? Used { get; init; }

    public long? Allowed { get; init; }

    /// <summary>In minor units of <see cref="Currency"/>.</summary>
    public long? Amount { get; init; }

    /// <summary>ISO 4217, lower case.</summary>
    public string? Currency { get; init; }

    /// <summary>The day of what the email is about: the end of the plan, the trial or the grace period.</summary>
    public DateOnly? Day { get; init; }
}

/// <summary>The emails about plans and payments. notification has a text for each in every language, which a test checks.</summary>
public static class BillingNoticeKinds
{
    /// <summary>80 % of a limit. Limit, Used, Allowed.</summary>
    public const string LimitNear = "limitNear";

    /// <summary>All of a limit. Limit, Used, Allowed.</summary>
    public const string LimitReached = "limitReached";

    /// <summary>An operator put the workspace on a plan. Plan; Day if it ends.</summary>
    public const string PlanGranted = "planGranted";

    /// <summary>A plan was bought, or its trial began. Plan, Amount per interval; Day of the first or next payment.</summary>
    public const string Upgraded = "upgraded";

    /// <summary>Another plan or interval. Plan, Amount; Day of the next payment.</summary>
    public const string PlanChanged = "planChanged";

    /// <summary>The trial ends soon. Plan, Amount; Day.</summary>
    public const string TrialEnding = "trialEnding";

    /// <summary>A payment failed. Plan, Amount; Day until which the plan stays.</summary>
    public const string PaymentFailed = "paymentFailed";

    /// <summary>Three days later.</summary>
    public const string PaymentStillDue = "paymentStillDue";

    /// <summary>Six days later.</summary>
    public const string PaymentLastReminder = "paymentLastReminder";

    public const string PaymentRecovered = "paymentRecovered";

    /// <summary>The customer's bank asks them to confirm a payment. Amount.</summary>
    public const string PaymentActionRequired = "paymentActionRequired";

    /// <summary>The plan was cancelled. Plan; Day until which it stays.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>The plan has ended. Plan.</summary>
    public const string PlanEnded = "planEnded";

    /// <summary>Some time after the plan has ended. Plan.</summary>
    public const string WinBack = "winBack";

    public static readonly IReadOnlyList<string> All =
    [
        LimitNear, LimitReached, PlanGranted, Upgraded, PlanChanged, TrialEnding, PaymentFailed, PaymentStillDue, PaymentLastReminder, PaymentRecovered,
        PaymentActionRequired, Cancelled, PlanEnded, WinBack,
    ];

    /// <summary>Advertising: only for owners who agreed to it.</summary>
    public static readonly IReadOnlyList<string> NeedConsent = [WinBack];
}

/// <summary>Calls of the API that a gateway let through since its last event. They are added up.</summary>
/// <param name="BatchId">The same for repeated deliveries.</param>
/// <param name="Month">The first day of the month in which they were counted.</param>
public sealed record ApiCallsCounted(Guid BatchId, DateOnly Month, IReadOnlyList<WorkspaceCalls> Workspaces);

public sealed record WorkspaceCalls(Guid WorkspaceId, long Calls);
