using LinkShort.Billing.Plans;
using LinkShort.Contracts;

namespace LinkShort.Billing.Subscriptions;

/// <summary>The emails that owners get when a subscription changes.</summary>
internal static class SubscriptionNotices
{
    public static IEnumerable<(string Kind, BillingFacts Facts)> Between(SubscriptionState? before, SubscriptionState after, PlanCatalog plans, DateTimeOffset now)
    {
        // The grace period ends by time alone: until that was handled, the owners take it that they have the plan.
        var had = before is not null && (before.Entitles(now) || before is { Status: "past_due", Plan: not null, GraceEnded: false });
        var has = after.Entitles(now);
        var facts = new BillingFacts { Plan = after.Plan is { } plan ? plans.NameOf(plan) : null };
        var price = facts with { Amount = after.Amount, Currency = after.Currency };
        if (has && !had)
        {
            yield return (BillingNoticeKinds.Upgraded, price with { Day = Day(after.TrialEnd ?? after.PeriodEnd) });
        }
        else if (has && had && before!.Plan is not null && (before.Plan, before.Interval) != (after.Plan, after.Interval))
        {
            yield return (BillingNoticeKinds.PlanChanged, price with { Day = Day(after.PeriodEnd) });
        }
        else if (had && !has)
        {
            yield return (BillingNoticeKinds.PlanEnded, facts);
        }

        if (after.PastDueSince is not null && before?.PastDueSince is null)
        {
            yield return (BillingNoticeKinds.PaymentFailed, price with { Day = Day(after.GraceUntil) });
        }
        else if (before?.PastDueSince is not null && after is { PastDueSince: null, Status: "active" })
        {
            yield return (BillingNoticeKinds.PaymentRecovered, price with { Day = Day(after.PeriodEnd) });
        }

        if (after.CancelAt is { } end && before is { CancelAt: null, IsEnded: false } && !after.IsEnded)
        {
            yield return (BillingNoticeKinds.Cancelled, facts with { Day = Day(end) });
        }
    }

    public static DateOnly? Day(DateTimeOffset? at) => at is { } time ? DateOnly.FromDateTime(time.UtcDateTime) : null;
}
