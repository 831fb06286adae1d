using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Billing.Revenue;

/// <summary>GET /api/v1/admin/billing/at-risk: paying customers who may leave.</summary>
public static class GetRevenueAtRisk
{
    /// <param name="Customers">Those who bring in most first; at most 200.</param>
    public sealed record Response(IReadOnlyList<CustomerResponse> Customers);

    /// <param name="MonthlyAmount">In minor units.</param>
    /// <param name="Reasons"><c>paymentFailed</c>, <c>cancelled</c> (at the period's end), <c>usageHalved</c> (fewer than half of the links and clicks of the month before).</param>
    public sealed record CustomerResponse(Guid WorkspaceId, string Plan, long MonthlyAmount, string Currency, IReadOnlyList<string> Reasons);

    public static async Task<Ok<Response>> HandleAsync(Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var month = new DateOnly(now.Year, now.Month, 1).AddMonths(-1);
        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<Row>(
            """
            -- every workspace: the installation's paying customers
            select s.workspace_id, s.plan, s.monthly_amount, s.currency, s.past_due_since is not null as payment_failed, s.cancel_at is not null as cancelled,
                coalesce(u.last * 2 < u.before, false) as usage_halved
            from subscriptions s
            left join lateral (
                select sum(value) filter (where month = @Last)::bigint as last, sum(value) filter (where month = @Before)::bigint as before
                from usage where workspace_id = s.workspace_id and metric in ('linksCreated', 'clicks')) u on true
            where s.monthly_amount > 0 and (s.past_due_since is not null or s.cancel_at is not null or coalesce(u.last * 2 < u.before, false))
            order by s.monthly_amount desc, s.workspace_id limit 200
            """,
            new { Last = month, Before = month.AddMonths(-1) }, cancellationToken);
        return TypedResults.Ok(new Response([.. rows.Select(row => new CustomerResponse(
            row.WorkspaceId, row.Plan ?? "", row.MonthlyAmount, row.Currency, [.. ReasonsOf(row)]))]));
    }

    private static IEnumerable<string> ReasonsOf(Row row)
    {
        if (row.PaymentFailed)
        {
            yield return "paymentFailed";
        }

        if (row.Cancelled)
        {
            yield return "cancelled";
        }

        if (row.UsageHalved)
        {
            yield return "usageHalved";
        }
    }

    private sealed record Row(Guid WorkspaceId, string? Plan, long MonthlyAmount, string Currency, bool PaymentFailed, bool Cancelled, bool UsageHalved);
}
