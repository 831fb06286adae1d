using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Links.Quota;

/// <summary>
/// Publishes the months' totals that have changed, a few seconds later: an event per created link would double what the outbox carries. The total
/// itself is the version, as it only increases.
/// </summary>
public sealed class LinkUsageReport(Database database, TimeProvider time, ILogger<LinkUsageReport> logger)
    : BackgroundJob("Reporting the number of created links", time, logger)
{
    private const int Batch = 500;

    protected override TimeSpan Interval => TimeSpan.FromSeconds(2);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await ReportAsync(cancellationToken) == Batch)
        {
        }
    }

    private async Task<int> ReportAsync(CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var changed = await work.QueryAsync<Row>(
            """
            -- every workspace: totals that billing doesn't have yet
            update link_usage u set reported = u.created
            from (select workspace_id, month from link_usage where created > reported limit @Batch for update skip locked) due
            where u.workspace_id = due.workspace_id and u.month = due.month
            returning u.workspace_id, u.month, u.created
            """,
            new { Batch }, cancellationToken);
        foreach (var usage in changed)
        {
            work.Publish(new UsageCounted(usage.WorkspaceId, UsageMetrics.LinksCreated, usage.Month, usage.Created, usage.Created));
        }

        await work.CommitAsync(cancellationToken);
        return changed.Count;
    }

    private sealed record Row(Guid WorkspaceId, DateOnly Month, long Created);
}
