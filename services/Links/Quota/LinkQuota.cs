using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Plans;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links.Quota;

/// <summary>
/// Counts created links by workspace and calendar month (UTC), and refuses those above the plan's limit. One statement in the transaction of the
/// creation checks and counts, with the month's row locked until its end: exact under any concurrency, and a creation that fails doesn't count.
/// </summary>
public sealed class LinkQuota(LinksMetrics metrics, TimeProvider time)
{
    private static readonly int[] Thresholds = [80, 100];

    /// <summary>Call it last in the transaction: creations of one workspace wait for each other from here on.</summary>
    /// <param name="links">How many are created. All or none are admitted.</param>
    /// <returns>The refusal; null if they are within the limit.</returns>
    public async Task<ProblemHttpResult?> TakeAsync(UnitOfWork work, Guid workspaceId, int links, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var month = new DateOnly(now.Year, now.Month, 1);
        var taken = await work.QuerySingleOrDefaultAsync<Row>(
            $"""
            with plan as ({WorkspacePlans.Applying})
            insert into link_usage as u (workspace_id, month, created)
            select @WorkspaceId, @month, @links where not exists (select from plan where (entitlements ->> 'linksPerMonth')::bigint < @links)
            on conflict (workspace_id, month) do update set created = u.created + @links
            where not exists (select from plan where (entitlements ->> 'linksPerMonth')::bigint < u.created + @links)
            returning created, (select entitlements::text from plan) as entitlements
            """,
            new { WorkspaceId = workspaceId, month, links }, cancellationToken);
        if (taken is null)
        {
            return await RefuseAsync(work, workspaceId, month, cancellationToken);
        }

        var entitlements = WorkspacePlans.Parse(taken.Entitlements);
        foreach (var percent in Thresholds.Where(percent => Crosses(taken.Created - links, taken.Created, percent, entitlements.LinksPerMonth)))
        {
            work.Publish(new UsageThresholdReached(
                Guid.CreateVersion7(now), workspaceId, PlanLimits.Links, month, percent, taken.Created, entitlements.LinksPerMonth!.Value, entitlements.Plan, now));
        }

        return null;
    }

    internal static bool Crosses(long before, long after, int percent, long? allowed) =>
        allowed is > 0 && before * 100 < allowed.Value * percent && after * 100 >= allowed.Value * percent;

    private async Task<ProblemHttpResult> RefuseAsync(UnitOfWork work, Guid workspaceId, DateOnly month, CancellationToken cancellationToken)
    {
        metrics.LimitReached();
        var used = await work.ExecuteScalarAsync<long>(
            "select created from link_usage where workspace_id = @workspaceId and month = @month", new { workspaceId, month }, cancellationToken);
        var entitlements = await WorkspacePlans.OfAsync(work.Connection, workspaceId, cancellationToken);
        return entitlements.UsedUp(PlanLimits.Links, entitlements.LinksPerMonth ?? used, used);
    }

    private sealed record Row(long Created, string? Entitlements);
}
