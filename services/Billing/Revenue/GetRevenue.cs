using System.ComponentModel;
using LinkShort.Billing.Plans;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Billing.Revenue;

/// <summary>GET /api/v1/admin/billing/revenue: everything from the ledger.</summary>
public static class GetRevenue
{
    private const int MostMonths = 60;

    /// <param name="Currency">ISO 4217, lower case, of all amounts, which are in minor units.</param>
    /// <param name="MonthlyRevenue">MRR: what all paying customers bring in per month, a year's price as a twelfth. Trials and customers whose grace period is over bring in nothing.</param>
    /// <param name="AnnualRevenue">ARR: twelve times that.</param>
    /// <param name="Customers">Workspaces that pay.</param>
    /// <param name="RevenuePerCustomer">ARPU: MRR by customers.</param>
    /// <param name="LifetimeValue">ARPU by the average monthly logo churn of the last three whole months; null without churn.</param>
    /// <param name="Months">The oldest first.</param>
    /// <param name="Forecast">Null without any revenue.</param>
    public sealed record Response(
        string Currency, long MonthlyRevenue, long AnnualRevenue, int Customers, long RevenuePerCustomer, long? LifetimeValue, IReadOnlyList<MonthResponse> Months,
        RevenueForecast? Forecast);

    /// <param name="Month">Its first day, UTC.</param>
    /// <param name="Start">MRR at its start.</param>
    /// <param name="New">From customers who never paid before.</param>
    /// <param name="Expansion">More from customers who paid already.</param>
    /// <param name="Contraction">Less from customers who still pay; a positive number.</param>
    /// <param name="Churned">From customers who stopped paying; a positive number.</param>
    /// <param name="Reactivated">From customers who had stopped and pay again.</param>
    /// <param name="End">Start + New + Expansion + Reactivated − Contraction − Churned.</param>
    /// <param name="LogoChurn">Customers of the month's start who stopped paying in it, by customers at the start; null without customers then.</param>
    /// <param name="RevenueChurn">(Churned + Contraction) by Start; null without revenue then.</param>
    /// <param name="NetRetention">NRR: (Start + Expansion + Reactivated − Contraction − Churned) by Start; null without revenue then.</param>
    public sealed record MonthResponse(
        DateOnly Month, long Start, long New, long Expansion, long Contraction, long Churned, long Reactivated, long End, int CustomersAtStart, int NewCustomers,
        int LostCustomers, decimal? LogoChurn, decimal? RevenueChurn, decimal? NetRetention);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        [Description("1 to 60 months, the current one included; 13 by default.")] int? months, Database database, PlanCatalog plans, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (months is < 1 or > MostMonths)
        {
            return ValidationErrors.Of("months", FieldRules.Range(1, MostMonths));
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        var changes = await connection.QueryAsync<RevenueChange>(
            "-- every workspace: the installation's revenue\nselect workspace_id, kind, amount_before, amount_after, at from revenue_changes order by position",
            null, cancellationToken);
        return TypedResults.Ok(RevenueFigures.Of(changes, plans.Currency, time.GetUtcNow(), months ?? 13));
    }
}

/// <summary>An entry of the ledger.</summary>
public sealed record RevenueChange(Guid WorkspaceId, string Kind, long AmountBefore, long AmountAfter, DateTimeOffset At);
