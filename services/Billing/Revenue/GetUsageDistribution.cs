using LinkShort.Billing.Plans;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Billing.Revenue;

/// <summary>GET /api/v1/admin/billing/usage: how much of their limits the workspaces of each plan use, for pricing.</summary>
public static class GetUsageDistribution
{
    /// <param name="Month">The last whole month. Its first day, UTC.</param>
    /// <param name="Plans">Plans whose workspaces created links in that month.</param>
    public sealed record Response(DateOnly Month, IReadOnlyList<PlanUsageResponse> Plans);

    /// <param name="Workspaces">Those that created links in the month.</param>
    /// <param name="Median">Links created by the median workspace.</param>
    /// <param name="P90">Links that nine of ten workspaces stayed below.</param>
    /// <param name="BelowHalf">Workspaces that used less than half of the limit that the plan has now.</param>
    /// <param name="HalfTo80">From 50 to 80 %.</param>
    /// <param name="From80">From 80 % up to the limit.</param>
    /// <param name="AtLimit">All of it.</param>
    public sealed record PlanUsageResponse(string Plan, long? Allowed, int Workspaces, long Median, long P90, int BelowHalf, int HalfTo80, int From80, int AtLimit);

    public static async Task<Ok<Response>> HandleAsync(Database database, PlanCatalog plans, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var month = new DateOnly(now.Year, now.Month, 1).AddMonths(-1);
        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<(string Plan, long Links)>(
            """
            -- every workspace: the installation's usage
            select coalesce(c.plan, @Plan) as plan, u.value as links from usage u left join current_plans c using (workspace_id)
            where u.month = @month and u.metric = @Metric and u.value > 0 order by u.value
            """,
            new { plans.Default.Plan, month, Metric = UsageMetrics.LinksCreated }, cancellationToken);
        return TypedResults.Ok(new Response(month, [.. rows.GroupBy(row => row.Plan, row => row.Links).OrderBy(each => plans.Find(each.Key)?.Rank)
            .Select(each => Of(each.Key, plans.Find(each.Key)?.Entitlements.LinksPerMonth, [.. each]))]));
    }

    /// <param name="links">In ascending order.</param>
    private static PlanUsageResponse Of(string plan, long? allowed, IReadOnlyList<long> links)
    {
        return new PlanUsageResponse(plan, allowed, links.Count, links[links.Count / 2], links[Math.Min(links.Count * 9 / 10, links.Count - 1)], Between(0, 50), Between(50, 80), Between(80, 100), Between(100, null));

        int Between(int from, int? to) => links.Count(used =>
            allowed is null ? from == 0 : used * 100 >= allowed * from && (to is null || used * 100 < allowed * to));
    }
}
