using System.Globalization;
using LinkShort.Billing.Payments;
using LinkShort.Billing.Plans;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Stripe;

namespace LinkShort.Billing.Reconciliation;

/// <summary>
/// Compares the prices that are shown with those that Stripe charges, and looks for subscriptions whose price is in no plan: at the start, hourly, and when
/// Stripe reports a change. A difference stops nothing, but is a warning in health and in the log that names both.
/// </summary>
public sealed partial class PriceCheck(IStripeClient stripe, PlanCatalog plans, Database database, TimeProvider time, ILogger<PriceCheck> logger)
    : BackgroundJob("Comparing prices with Stripe's", time, logger), IHealthCheck
{
    public const string CheckName = "prices";

    private readonly Signal _soon = new();
    private IReadOnlyList<string> _differences = [];

    protected override TimeSpan Interval => TimeSpan.FromHours(1);

    public void CheckSoon() => _soon.Raise();

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var differences = Volatile.Read(ref _differences);
        return Task.FromResult(differences.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join(' ', differences)));
    }

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var differences = new List<string>();
        foreach (var plan in plans.SellsPlans ? plans.All : [])
        {
            foreach (var price in plan.Prices)
            {
                if (await DifferenceAsync(plan, price, cancellationToken) is { } difference)
                {
                    differences.Add(difference);
                }
            }
        }

        differences.AddRange(plans.SellsPlans ? await WithoutPlanAsync(cancellationToken) : []);
        foreach (var difference in differences)
        {
            Log.Differs(Logger, difference);
        }

        Volatile.Write(ref _differences, differences);
    }

    public override void Dispose()
    {
        _soon.Dispose();
        base.Dispose();
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => CheckAsync(cancellationToken);

    protected override Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _soon.WaitAsync(atMost, cancellationToken);

    private async Task<string?> DifferenceAsync(Plans.Plan plan, PlanPrice price, CancellationToken cancellationToken)
    {
        if (price.StripeId is not { } id)
        {
            return $"{plan.Name} has no Stripe price per {price.Interval}, so it can't be bought: set Billing__Plans__{plan.Key}__{(price.Interval == PlanPrice.Yearly ? "Year" : "Month")}__PriceId.";
        }

        try
        {
            var actual = await new PriceService(stripe).GetAsync(id, cancellationToken: cancellationToken);
            var (shown, charged) = (
                InWords(price.Amount, price.Currency, price.Interval), InWords(actual.UnitAmount ?? 0, actual.Currency, actual.Recurring?.Interval ?? "payment"));
            return shown != charged || actual.Recurring is not { IntervalCount: 1 } ? $"{plan.Name} is shown as {shown}, but Stripe's price {id} is {charged}."
                : !actual.Active ? $"Stripe's price {id} of {plan.Name} is archived, so it can't be bought."
                : null;
        }
        catch (StripeException exception) when (StripeFailures.IsMissing(exception))
        {
            return $"Stripe has no price {id} of {plan.Name}.";
        }
    }

    /// <summary>Prices that customers pay and no plan has: subscribed to in Stripe's dashboard, or removed from the settings.</summary>
    private async Task<IEnumerable<string>> WithoutPlanAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var paid = await connection.QueryAsync<(string PriceId, int Customers, int Unserved)>(
            """
            -- every workspace: prices that are paid
            select price_id, count(*)::int as customers, (count(*) filter (where plan is null))::int as unserved
            from subscriptions where status not in ('canceled', 'incomplete', 'incomplete_expired') group by price_id order by price_id
            """,
            null, cancellationToken);
        return paid.Where(price => plans.ByPrice(price.PriceId).Plan is null).Select(price => string.Create(
            CultureInfo.InvariantCulture,
            $"Stripe's price {price.PriceId} is in no plan, but paid by {price.Customers} customers, {price.Unserved} of whom get no plan for it: add it to the PriceId of its plan's Month or Year in Billing__Plans."));
    }

    private static string InWords(long amount, string currency, string interval) =>
        string.Create(CultureInfo.InvariantCulture, $"{amount} {currency} per {interval}");

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Difference}")]
        public static partial void Differs(ILogger logger, string difference);
    }
}
