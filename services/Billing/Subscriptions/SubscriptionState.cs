using LinkShort.Billing.Plans;
using Stripe;

namespace LinkShort.Billing.Subscriptions;

/// <summary>A subscription as it is stored: what Stripe last answered, and what follows from it here.</summary>
public sealed record SubscriptionState
{
    public required string Id { get; init; }

    /// <summary>Stripe's: trialing, active, past_due, paused, unpaid, canceled, incomplete or incomplete_expired.</summary>
    public required string Status { get; init; }

    /// <summary>The plan's key; null for a price that is in no plan.</summary>
    public string? Plan { get; init; }

    public required string Interval { get; init; }

    public required string ItemId { get; init; }

    public required string PriceId { get; init; }

    /// <summary>Per interval, in minor units.</summary>
    public long Amount { get; init; }

    public required string Currency { get; init; }

    public DateTimeOffset PeriodStart { get; init; }

    public DateTimeOffset PeriodEnd { get; init; }

    public DateTimeOffset? TrialEnd { get; init; }

    public DateTimeOffset? CancelAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public string? ScheduleId { get; init; }

    /// <summary>The plan and interval from <see cref="PeriodEnd"/> on; null if they don't change.</summary>
    public string? NextPlan { get; init; }

    public string? NextInterval { get; init; }

    public DateTimeOffset? PastDueSince { get; init; }

    public DateTimeOffset? GraceUntil { get; init; }

    /// <summary>Whether the end of the grace period was handled: the plan ended, and the owners were informed.</summary>
    public bool GraceEnded { get; init; }

    /// <summary>How many reminders of a failed payment were sent.</summary>
    public int DunningMails { get; init; }

    public DateTimeOffset? WinBackAt { get; init; }

    /// <summary>What it brings in per month, as the ledger has it.</summary>
    public long MonthlyAmount { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>It is charged, or will be: a workspace has one at most.</summary>
    public bool IsLive => Status is "active" or "trialing" or "past_due" or "unpaid" or "paused";

    public bool IsEnded => Status is "canceled" or "incomplete_expired";

    /// <summary>Whether the workspace has the plan: after a failed payment until the grace period ends.</summary>
    public bool Entitles(DateTimeOffset now) =>
        Plan is not null && (Status is "active" or "trialing" || (Status == "past_due" && GraceUntil > now));

    /// <summary>Recurring revenue: nothing in a trial and after the grace period, a twelfth of a year's price.</summary>
    public long MonthlyAmountAt(DateTimeOffset now) =>
        !Entitles(now) || Status == "trialing" ? 0
        : Interval == PlanPrice.Yearly ? (long)Math.Round(Amount / 12m, MidpointRounding.ToEven)
        : Amount;

    /// <summary>What Stripe answers; what is only kept here is carried over from the stored state.</summary>
    public static SubscriptionState Of(Subscription subscription, SubscriptionSchedule? schedule, PlanCatalog plans)
    {
        ArgumentNullException.ThrowIfNull(subscription);
        ArgumentNullException.ThrowIfNull(plans);
        var item = subscription.Items.Data.FirstOrDefault() ?? throw new StripeException($"The subscription {subscription.Id} has no items.");
        var next = schedule?.Phases.FirstOrDefault(phase => phase.StartDate >= item.CurrentPeriodEnd)?.Items.FirstOrDefault()?.PriceId;
        var (nextPlan, nextPrice) = plans.ByPrice(next);
        return new SubscriptionState
        {
            Id = subscription.Id,
            Status = subscription.Status,
            Plan = plans.ByPrice(item.Price.Id).Plan?.Key,
            Interval = item.Price.Recurring?.Interval ?? PlanPrice.Monthly,
            ItemId = item.Id,
            PriceId = item.Price.Id,
            Amount = item.Price.UnitAmount ?? 0,
            Currency = item.Price.Currency,
            PeriodStart = Utc(item.CurrentPeriodStart),
            PeriodEnd = Utc(item.CurrentPeriodEnd),
            TrialEnd = Utc(subscription.TrialEnd),
            CancelAt = Utc(subscription.CancelAt) ?? (subscription.CancelAtPeriodEnd ? Utc(item.CurrentPeriodEnd) : null),
            EndedAt = Utc(subscription.EndedAt),
            ScheduleId = subscription.ScheduleId,
            NextPlan = nextPlan?.Key,
            NextInterval = nextPrice?.Interval,
            CreatedAt = Utc(subscription.Created),
        };
    }

    /// <summary>Whether Stripe's answers, and the plan that the price is for by now, are the same. A price that is in no plan takes none away.</summary>
    public bool IsSameAtStripe(SubscriptionState other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return (Status, Interval, PriceId, Amount, PeriodEnd, TrialEnd, CancelAt)
            == (other.Status, other.Interval, other.PriceId, other.Amount, other.PeriodEnd, other.TrialEnd, other.CancelAt)
            && (other.Plan is null || other.Plan == Plan);
    }

    private static DateTimeOffset Utc(DateTime time) => new(DateTime.SpecifyKind(time, DateTimeKind.Utc));

    private static DateTimeOffset? Utc(DateTime? time) => time is { } value ? Utc(value) : null;
}
