using LinkShort.Billing.Plans;
using Stripe;

namespace LinkShort.Billing.Subscriptions;

/// <summary>
/// Phases of a subscription's schedule. An update at Stripe replaces all of them, so what isn't repeated is lost: the rest of a trial, a discount, taxes.
/// </summary>
internal static class SchedulePhases
{
    public static SubscriptionSchedulePhase RunningIn(SubscriptionSchedule schedule, SubscriptionState current) =>
        schedule.Phases.FirstOrDefault(phase => phase.EndDate > current.PeriodStart.UtcDateTime) ?? schedule.Phases[^1];

    public static SubscriptionSchedulePhaseOptions Same(SubscriptionSchedulePhase phase) => new()
    {
        Items =
        [
            .. phase.Items.Select(item => new SubscriptionSchedulePhaseItemOptions
            {
                Price = item.PriceId, Quantity = item.Quantity, TaxRates = item.TaxRates is { Count: > 0 } rates ? [.. rates.Select(rate => rate.Id)] : null,
            }),
        ],
        StartDate = phase.StartDate,
        EndDate = phase.EndDate,
        TrialEnd = phase.TrialEnd,
        ProrationBehavior = phase.ProrationBehavior,
        Discounts = DiscountsOf(phase),
        AutomaticTax = TaxOf(phase),
        DefaultTaxRates = RatesOf(phase),
        CollectionMethod = phase.CollectionMethod,
        DefaultPaymentMethod = phase.DefaultPaymentMethodId,
        Description = phase.Description,
        Metadata = phase.Metadata is { Count: > 0 } metadata ? metadata : null,
    };

    /// <summary>The smaller plan, from the end of this phase on: with the same discounts and taxes.</summary>
    public static SubscriptionSchedulePhaseOptions After(SubscriptionSchedulePhase phase, PlanPrice price) => new()
    {
        Items = [new() { Price = price.StripeId, Quantity = 1 }],
        StartDate = phase.EndDate,
        Duration = new() { Interval = price.Interval, IntervalCount = 1 },
        ProrationBehavior = "none",
        Discounts = DiscountsOf(phase),
        AutomaticTax = TaxOf(phase),
        DefaultTaxRates = RatesOf(phase),
    };

    private static List<SubscriptionSchedulePhaseDiscountOptions>? DiscountsOf(SubscriptionSchedulePhase phase) =>
        phase.Discounts is { Count: > 0 } discounts ? [.. discounts.Select(Same)] : null;

    /// <summary>Stripe takes one of the three.</summary>
    private static SubscriptionSchedulePhaseDiscountOptions Same(SubscriptionSchedulePhaseDiscount discount) =>
        discount.DiscountId is { } id ? new() { Discount = id }
        : discount.PromotionCodeId is { } code ? new() { PromotionCode = code }
        : new() { Coupon = discount.CouponId };

    private static SubscriptionSchedulePhaseAutomaticTaxOptions? TaxOf(SubscriptionSchedulePhase phase) =>
        phase.AutomaticTax is { } tax ? new() { Enabled = tax.Enabled } : null;

    private static List<string>? RatesOf(SubscriptionSchedulePhase phase) =>
        phase.DefaultTaxRates is { Count: > 0 } rates ? [.. rates.Select(rate => rate.Id)] : null;
}
