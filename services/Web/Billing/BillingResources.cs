namespace LinkShort.Web.Billing;

/// <param name="Currency">ISO 4217, lower case, of all prices.</param>
/// <param name="TrialDays">Of the first plan that a workspace buys; 0 without a trial.</param>
/// <param name="Plans">From the smallest to the largest.</param>
public sealed record PlanList(string Currency, int TrialDays, IReadOnlyList<OfferedPlan> Plans)
{
    public OfferedPlan? Find(string? key) => Plans.FirstOrDefault(plan => plan.Key == key);

    /// <summary>As shown; the key of a plan that is no longer in the list.</summary>
    public string NameOf(string key) => Find(key)?.Name ?? key;
}

/// <param name="Prices">Empty for a plan that can't be bought.</param>
public sealed record OfferedPlan(string Key, string Name, IReadOnlyList<OfferedPrice> Prices, PlanContents Entitlements)
{
    public OfferedPrice? PriceFor(string interval) => Prices.FirstOrDefault(price => price.Interval == interval);
}

/// <param name="Interval"><see cref="Intervals.Month"/> or <see cref="Intervals.Year"/>.</param>
/// <param name="Amount">Per interval, in minor units.</param>
public sealed record OfferedPrice(string Interval, long Amount, string Currency);

/// <summary>What a plan allows. Null is unlimited.</summary>
public sealed record PlanContents(long? LinksPerMonth, int? Members, bool Sso, bool AuditExport, int ApiLimitFactor);

/// <param name="Source">subscription, grant (by the operators) or default.</param>
/// <param name="EndsAt">Of a granted plan; null if it doesn't end.</param>
/// <param name="Subscription">Null for a workspace without one that is still running.</param>
/// <param name="CancellationCoupon">Offered before cancelling; null for none.</param>
public sealed record PlanSubscription(
    string Plan, string Name, string Source, DateTimeOffset? EndsAt, PlanContents Entitlements, BoughtPlan? Subscription, bool TrialAvailable, string? CancellationCoupon);

/// <param name="Status">trialing, active, past_due, unpaid, paused or incomplete.</param>
/// <param name="RenewsAt">The next payment; null once it is cancelled.</param>
/// <param name="CancelAt">When the plan ends, if it was cancelled.</param>
/// <param name="NextPlan">From RenewsAt on, after a change to a smaller plan.</param>
/// <param name="GraceUntil">Until when the plan stays after a failed payment.</param>
/// <param name="PaymentUrl">Where the open invoice can be paid.</param>
public sealed record BoughtPlan(
    string Plan, string Status, string Interval, long Amount, string Currency, DateTimeOffset? RenewsAt, DateTimeOffset? TrialEnd, DateTimeOffset? CancelAt,
    string? NextPlan, string? NextInterval, DateTimeOffset? GraceUntil, string? PaymentUrl)
{
    public bool IsTrial => Status == "trialing";

    /// <summary>A payment failed, or the first one was never made.</summary>
    public bool IsUnpaid => Status is "past_due" or "unpaid" or "incomplete";

    /// <summary>The last day of the plan, unless the subscription continues.</summary>
    public DateTimeOffset? LastDay => CancelAt ?? TrialEnd ?? RenewsAt;
}

/// <param name="ResetsAt">When what is limited per month starts again.</param>
/// <param name="History">The current month first.</param>
public sealed record PlanUsage(string Plan, string PlanName, DateTimeOffset ResetsAt, IReadOnlyList<UsedLimit> Limits, IReadOnlyList<UsedMonth> History);

/// <param name="Name">One of <see cref="LinkShort.Contracts.PlanLimits"/>.</param>
/// <param name="Allowed">Null for unlimited.</param>
/// <param name="Percent">Of what is allowed; above 100 after a change to a smaller plan. Null for unlimited.</param>
public sealed record UsedLimit(string Name, long Used, long? Allowed, int? Percent, string? UpgradeTo);

/// <param name="Month">Its first day, UTC.</param>
public sealed record UsedMonth(DateOnly Month, long LinksCreated, long ActiveLinks, long Clicks, long ApiCalls, long Members);

/// <param name="Status">draft, open, paid, void or uncollectible.</param>
public sealed record Invoice(
    string Id, string? Number, string Status, long AmountDue, long AmountPaid, string Currency, DateTimeOffset CreatedAt, string? PdfUrl, string? PaymentUrl);

/// <param name="PromotionCode">As typed; null for none.</param>
public sealed record CheckoutOrder(string Plan, string Interval, string? PromotionCode);

/// <param name="Kind">checkout, or portal for a workspace that pays already.</param>
public sealed record StartedCheckout(string Url, string? SessionId, string Kind);

/// <param name="Status">open, complete or expired.</param>
public sealed record Purchase(string Status, string Plan, string Name, string Interval, DateTimeOffset? TrialEnd);

public sealed record PortalAddress(string Url);

/// <param name="ProrationDate">From the preview, so that what was shown is what is charged.</param>
public sealed record PlanChange(string Plan, string Interval, DateTimeOffset? ProrationDate = null);

/// <param name="Effective">now or periodEnd.</param>
/// <param name="AmountDue">What is charged now, in minor units.</param>
/// <param name="NextAmount">Per interval from then on.</param>
public sealed record PlanChangePreview(
    string Plan, string Interval, string Effective, DateTimeOffset EffectiveAt, long AmountDue, long NextAmount, string Currency, DateTimeOffset ProrationDate)
{
    public bool IsImmediate => Effective == "now";
}

public static class Intervals
{
    public const string Month = "month";
    public const string Year = "year";

    /// <summary>The chosen one; a month for anything else.</summary>
    public static string Of(string? interval) => interval == Year ? Year : Month;
}
