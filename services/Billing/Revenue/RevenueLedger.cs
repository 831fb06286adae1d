using LinkShort.Billing.Subscriptions;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Billing.Revenue;

/// <summary>
/// The ledger that all figures about money are computed from: an entry whenever what a workspace brings in per month changes. Written in the
/// transaction of the change, with the workspace locked.
/// </summary>
public static class RevenueLedger
{
    public const string New = "new";
    public const string Expansion = "expansion";
    public const string Contraction = "contraction";
    public const string Churned = "churned";
    public const string Reactivated = "reactivated";

    public static async Task RecordAsync(
        UnitOfWork work, Guid workspaceId, SubscriptionState? before, SubscriptionState after, DateTimeOffset now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(after);
        var difference = after.MonthlyAmount - (before?.MonthlyAmount ?? 0);
        if (difference == 0)
        {
            return;
        }

        var (total, hadAny) = await work.QuerySingleAsync<(long, bool)>(
            """
            select coalesce((select sum(monthly_amount) from subscriptions where workspace_id = @workspaceId), 0)::bigint,
                exists (select from revenue_changes where workspace_id = @workspaceId)
            """,
            new { workspaceId }, cancellationToken);
        await work.ExecuteAsync(
            """
            insert into revenue_changes (workspace_id, subscription_id, kind, plan_before, plan_after, amount_before, amount_after, currency, at)
            values (@workspaceId, @Id, @Kind, @PlanBefore, @PlanAfter, @total, @After, @Currency, @now)
            """,
            new
            {
                workspaceId, after.Id, Kind = KindOf(total, total + difference, hadAny), PlanBefore = before?.Plan, PlanAfter = after.Plan, total,
                After = total + difference, after.Currency, now,
            },
            cancellationToken);
    }

    internal static string KindOf(long before, long after, bool hadAny) =>
        before == 0 ? (hadAny ? Reactivated : New)
        : after == 0 ? Churned
        : after > before ? Expansion
        : Contraction;
}
