namespace LinkShort.Web.Revenue;

/// <summary>Amounts are in minor units of <paramref name="Currency"/>.</summary>
/// <param name="LifetimeValue">Null without churn.</param>
/// <param name="Months">The oldest first; the last one is the current month.</param>
/// <param name="Forecast">Null without any revenue.</param>
public sealed record RevenueReport(
    string Currency, long MonthlyRevenue, long AnnualRevenue, int Customers, long RevenuePerCustomer, long? LifetimeValue, IReadOnlyList<RevenueMonth> Months,
    RevenueForecast? Forecast)
{
    /// <summary>The last month that is over; null if only the current one is shown.</summary>
    public RevenueMonth? LastWhole => Months.Count > 1 ? Months[^2] : null;

    public bool IsEmpty => Customers == 0 && Months.All(month => (month.Start, month.End, month.New, month.Reactivated) == (0, 0, 0, 0));
}

public sealed record RevenueMonth(
    DateOnly Month, long Start, long New, long Expansion, long Contraction, long Churned, long Reactivated, long End, int CustomersAtStart, int NewCustomers,
    int LostCustomers, decimal? LogoChurn, decimal? RevenueChurn, decimal? NetRetention);

/// <param name="Method"><c>holtWinters</c> or <c>runRate</c>.</param>
/// <param name="Points">From the end of the current month on.</param>
public sealed record RevenueForecast(string Method, IReadOnlyList<RevenueForecast.Point> Points)
{
    public sealed record Point(DateOnly Month, long Revenue, long? Low, long? High);
}

/// <param name="Cohorts">By month of sign-up, newest first.</param>
public sealed record Conversion(IReadOnlyList<Cohort> Cohorts);

public sealed record Cohort(DateOnly Month, int SignUps, int Paid, int Trials, int TrialsConverted, int TrialsRunning)
{
    public decimal? PaidShare => SignUps == 0 ? null : (decimal)Paid / SignUps;

    /// <summary>Of the trials that are over.</summary>
    public decimal? TrialShare => Trials == TrialsRunning ? null : (decimal)TrialsConverted / (Trials - TrialsRunning);
}

public sealed record UsageDistribution(DateOnly Month, IReadOnlyList<PlanDistribution> Plans);

/// <param name="Allowed">Null for unlimited.</param>
public sealed record PlanDistribution(string Plan, long? Allowed, int Workspaces, long Median, long P90, int BelowHalf, int HalfTo80, int From80, int AtLimit);

public sealed record RevenueAtRisk(IReadOnlyList<CustomerAtRisk> Customers);

/// <param name="Reasons"><c>paymentFailed</c>, <c>cancelled</c>, <c>usageHalved</c>.</param>
public sealed record CustomerAtRisk(Guid WorkspaceId, string Plan, long MonthlyAmount, string Currency, IReadOnlyList<string> Reasons);

/// <param name="Source"><c>grant</c>, <c>subscription</c> or <c>default</c>.</param>
/// <param name="Grant">Null unless an operator granted a plan.</param>
/// <param name="Plans">Those that can be granted.</param>
public sealed record WorkspacePlan(string Plan, string Source, PlanGrant? Grant, IReadOnlyList<PlanChoice> Plans)
{
    public string NameOf(string key) => Plans.FirstOrDefault(plan => plan.Key == key)?.Name ?? key;
}

public sealed record PlanGrant(string Plan, string Reason, DateTimeOffset? EndsAt, DateTimeOffset GrantedAt);

public sealed record PlanChoice(string Key, string Name);
