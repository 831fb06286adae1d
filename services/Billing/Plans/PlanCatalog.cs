using LinkShort.Contracts;
using Microsoft.Extensions.Options;

namespace LinkShort.Billing.Plans;

/// <summary>A plan that customers can be on.</summary>
/// <param name="Prices">What it is sold for; none for a plan that is free or only granted.</param>
public sealed record Plan(string Key, string Name, int Rank, Entitlements Entitlements, IReadOnlyList<PlanPrice> Prices)
{
    public PlanPrice? PriceFor(string interval) => Prices.FirstOrDefault(price => price.Interval == interval);
}

/// <param name="Interval"><see cref="PlanPrice.Monthly"/> or <see cref="PlanPrice.Yearly"/>.</param>
/// <param name="StripeIds">Of what is sold first, then of former prices; empty if none is configured.</param>
/// <param name="Amount">In minor units.</param>
/// <param name="Currency">ISO 4217, lower case.</param>
public sealed record PlanPrice(string Interval, IReadOnlyList<string> StripeIds, long Amount, string Currency)
{
    public const string Monthly = "month";
    public const string Yearly = "year";

    /// <summary>Null for a price that Stripe doesn't have, so that it can't be bought.</summary>
    public string? StripeId => StripeIds.Count > 0 ? StripeIds[0] : null;
}

/// <summary>The plans of this installation, from its settings.</summary>
public sealed class PlanCatalog
{
    private readonly bool _hasDefault;

    public PlanCatalog(IOptions<BillingOptions> options, IOptions<StripeOptions> stripe)
    {
        var settings = options.Value;
        SellsPlans = stripe.Value.IsEnabled;
        Currency = settings.Currency;
        _hasDefault = settings.DefaultPlan.Length > 0;
        var ordered = settings.Plans.OrderBy(plan => plan.Value.Rank).ToList();
        All =
        [
            .. ordered.Select((plan, index) => new Plan(
                plan.Key, plan.Value.Name, plan.Value.Rank,
                plan.Value.ToEntitlements(plan.Key, UpgradesFrom(plan.Value, ordered.Skip(index + 1))),
                [.. PricesOf(plan.Value, settings.Currency)])),
        ];
        Default = ArePlansInForce
            ? Find(_hasDefault ? settings.DefaultPlan : Entitlements.DefaultPlan)?.Entitlements ?? All[0].Entitlements
            : Entitlements.Unlimited;
    }

    /// <summary>From the smallest to the largest.</summary>
    public IReadOnlyList<Plan> All { get; }

    public string Currency { get; }

    /// <summary>Whether plans can be bought here.</summary>
    public bool SellsPlans { get; }

    /// <summary>Whether workspaces have a plan without an operator's help.</summary>
    public bool ArePlansInForce => SellsPlans || _hasDefault;

    /// <summary>Of workspaces without another plan.</summary>
    public Entitlements Default { get; }

    public Plan? Find(string? key) => All.FirstOrDefault(plan => string.Equals(plan.Key, key, StringComparison.OrdinalIgnoreCase));

    /// <summary>The plan that a price of Stripe is for.</summary>
    public (Plan? Plan, PlanPrice? Price) ByPrice(string? stripeId)
    {
        foreach (var plan in All)
        {
            if (plan.Prices.FirstOrDefault(price => stripeId is not null && price.StripeIds.Contains(stripeId)) is { } price)
            {
                return (plan, price);
            }
        }

        return (null, null);
    }

    /// <summary>As shown; the key for a plan that was removed from the settings.</summary>
    public string NameOf(string key) => Find(key)?.Name ?? key;

    private static IEnumerable<PlanPrice> PricesOf(PlanOptions plan, string currency)
    {
        if (plan.Month.Amount > 0)
        {
            yield return new PlanPrice(PlanPrice.Monthly, plan.Month.PriceIds, plan.Month.Amount, currency);
        }

        if (plan.Year.Amount > 0)
        {
            yield return new PlanPrice(PlanPrice.Yearly, plan.Year.PriceIds, plan.Year.Amount, currency);
        }
    }

    private static Dictionary<string, string> UpgradesFrom(PlanOptions plan, IEnumerable<KeyValuePair<string, PlanOptions>> larger)
    {
        var upgrades = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, other) in larger)
        {
            foreach (var limit in PlanLimits.All.Where(limit => HasMore(other, plan, limit)))
            {
                upgrades.TryAdd(limit, key);
            }
        }

        return upgrades;
    }

    private static bool HasMore(PlanOptions larger, PlanOptions smaller, string limit) => limit switch
    {
        PlanLimits.Links => IsMore(larger.LinksPerMonth, smaller.LinksPerMonth),
        PlanLimits.Domains => IsMore(larger.Domains, smaller.Domains),
        PlanLimits.Members => IsMore(larger.Members, smaller.Members),
        PlanLimits.RawClicks => IsMore(larger.RawClickDays, smaller.RawClickDays),
        PlanLimits.Exports => larger.Exports && !smaller.Exports,
        PlanLimits.ScheduledReports => larger.ScheduledReports && !smaller.ScheduledReports,
        PlanLimits.Sso => larger.Sso && !smaller.Sso,
        PlanLimits.AuditExport => larger.AuditExport && !smaller.AuditExport,
        PlanLimits.ApiCalls => larger.ApiLimitFactor > smaller.ApiLimitFactor,
        _ => false,
    };

    private static bool IsMore(long? larger, long? smaller) => smaller is not null && (larger is null || larger > smaller);
}
