using LinkShort.Billing.Plans;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Billing.Usage;

/// <summary>GET /api/v1/billing/usage</summary>
public static class GetUsage
{
    internal const int Months = 13;

    private static readonly string[] Counted = [PlanLimits.Links, PlanLimits.Members, PlanLimits.Domains];

    /// <param name="Plan">The plan's key.</param>
    /// <param name="PlanName">As shown.</param>
    /// <param name="ResetsAt">When the month ends, and with it what is limited per month.</param>
    /// <param name="Limits">What the plan limits by number.</param>
    /// <param name="History">The current month first, then twelve more.</param>
    public sealed record Response(string Plan, string PlanName, DateTimeOffset ResetsAt, IReadOnlyList<LimitResponse> Limits, IReadOnlyList<MonthResponse> History);

    /// <param name="Name"><c>links</c> (this month), <c>members</c> or <c>domains</c>.</param>
    /// <param name="Allowed">Null for unlimited.</param>
    /// <param name="Percent">Of what is allowed, rounded down; above 100 after a change to a smaller plan. Null for unlimited.</param>
    /// <param name="UpgradeTo">The next plan that allows more; null if none does.</param>
    public sealed record LimitResponse(string Name, long Used, long? Allowed, int? Percent, string? UpgradeTo);

    /// <param name="Month">Its first day, UTC.</param>
    public sealed record MonthResponse(
        DateOnly Month, long LinksCreated, long ActiveLinks, long Clicks, long ApiCalls, long Domains, long Members, long Imports);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        CurrentWorkspace workspace, PlanReader reader, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await reader.ReadAsync(workspace.Id, cancellationToken) is not { } plan)
        {
            return Problems.BillingDisabled.Result();
        }

        var now = time.GetUtcNow();
        var current = new DateOnly(now.Year, now.Month, 1);
        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<Row>(
            "select month, metric, value from usage where workspace_id = @Id and month > @Before",
            new { workspace.Id, Before = current.AddMonths(-Months) }, cancellationToken);
        var usage = rows.ToDictionary(row => (row.Month, row.Metric), row => row.Value);
        var history = Enumerable.Range(0, Months).Select(back => MonthOf(usage, current.AddMonths(-back))).ToList();
        return TypedResults.Ok(new Response(
            plan.Entitlements.Plan, plan.Name, new DateTimeOffset(current.AddMonths(1), TimeOnly.MinValue, TimeSpan.Zero),
            [.. Counted.Select(limit => LimitOf(limit, plan.Entitlements, history[0]))], history));
    }

    private static LimitResponse LimitOf(string name, Entitlements entitlements, MonthResponse month)
    {
        var (used, allowed) = name switch
        {
            PlanLimits.Links => (month.LinksCreated, entitlements.LinksPerMonth),
            PlanLimits.Members => (month.Members, entitlements.Members),
            _ => (month.Domains, entitlements.Domains),
        };
        int? percent = allowed is null ? null : allowed == 0 ? (used > 0 ? 100 : 0) : (int)Math.Min(used * 100 / allowed.Value, int.MaxValue);
        return new LimitResponse(name, used, allowed, percent, entitlements.UpgradeTo.GetValueOrDefault(name));
    }

    private static MonthResponse MonthOf(Dictionary<(DateOnly, string), long> usage, DateOnly month)
    {
        return new MonthResponse(
            month, Of(UsageMetrics.LinksCreated), Of(UsageMetrics.ActiveLinks), Of(UsageMetrics.Clicks), Of(UsageMetrics.ApiCalls), Of(UsageMetrics.Domains),
            Of(UsageMetrics.Members), Of(UsageMetrics.Imports));

        long Of(string metric) => usage.GetValueOrDefault((month, metric));
    }

    private sealed record Row(DateOnly Month, string Metric, long Value);
}
