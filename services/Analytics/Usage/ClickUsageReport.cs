using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Analytics.Usage;

/// <summary>
/// Publishes each workspace's human clicks of the month, hourly, from the rollups of whole workspaces by day. Nothing is limited by them, so they
/// may be an hour old. Shortly after a month's end the last total of the month before is published as well.
/// </summary>
public sealed class ClickUsageReport(Database database, TimeProvider time, ILogger<ClickUsageReport> logger)
    : BackgroundJob("Reporting clicks by workspace", time, logger)
{
    private static readonly TimeSpan LateClicks = TimeSpan.FromDays(1);

    private readonly Dictionary<(Guid WorkspaceId, DateOnly Month), long> _reported = [];

    protected override TimeSpan Interval => TimeSpan.FromHours(1);

    protected override TimeSpan FirstAfter => TimeSpan.FromMinutes(1);

    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        var since = now - LateClicks;
        await using var work = await database.BeginAsync(cancellationToken);
        var totals = await work.QueryAsync<(Guid WorkspaceId, DateOnly Month, long Clicks)>(
            """
            -- every workspace: each one's own total
            select workspace_id, date_trunc('month', start at time zone 'UTC')::date as month, sum(clicks)::bigint as clicks
            from rollups
            where link_id = '00000000-0000-0000-0000-000000000000' and grain = 2 and start >= @Start
            group by 1, 2
            """,
            new { Start = new DateTimeOffset(since.Year, since.Month, 1, 0, 0, 0, TimeSpan.Zero) }, cancellationToken);
        foreach (var (workspaceId, month, clicks) in totals.Where(total => _reported.GetValueOrDefault((total.WorkspaceId, total.Month)) != total.Clicks))
        {
            work.Publish(new UsageCounted(workspaceId, UsageMetrics.Clicks, month, clicks, now.ToUnixTimeMilliseconds()));
        }

        await work.CommitAsync(cancellationToken);
        // Kept by each replica for itself: a repeated total changes nothing.
        _reported.Clear();
        foreach (var (workspaceId, month, clicks) in totals)
        {
            _reported[(workspaceId, month)] = clicks;
        }
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => ReportAsync(cancellationToken);
}
