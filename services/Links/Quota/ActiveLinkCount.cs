using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Links.Quota;

/// <summary>Counts the links of each workspace that are not archived, hourly: nothing is limited by their number, so it may be an hour old.</summary>
public sealed class ActiveLinkCount(Database database, TimeProvider time, ILogger<ActiveLinkCount> logger)
    : BackgroundJob("Counting active links", time, logger)
{
    protected override TimeSpan Interval => TimeSpan.FromHours(1);

    protected override TimeSpan FirstAfter => TimeSpan.FromMinutes(1);

    /// <summary>Publishes the counts that have changed since the last run.</summary>
    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        await using var work = await database.BeginAsync(cancellationToken);
        var changed = await work.QueryAsync<(Guid WorkspaceId, long Links)>(
            """
            -- every workspace: each one's own count
            insert into link_usage as u (workspace_id, month, created, active)
            select workspace_id, @Month, 0, count(*) filter (where not archived and deleted_at is null) from links group by workspace_id order by workspace_id
            on conflict (workspace_id, month) do update set active = excluded.active
            where u.active is distinct from excluded.active
            returning workspace_id, active
            """,
            new { Month = new DateOnly(now.Year, now.Month, 1) }, cancellationToken);
        foreach (var (workspaceId, links) in changed)
        {
            work.Publish(new UsageCounted(workspaceId, UsageMetrics.ActiveLinks, new DateOnly(now.Year, now.Month, 1), links, now.ToUnixTimeMilliseconds()));
        }

        await work.CommitAsync(cancellationToken);
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => ReportAsync(cancellationToken);
}
