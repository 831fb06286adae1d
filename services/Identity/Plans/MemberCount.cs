using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.Plans;

/// <summary>Publishes the number of members of each workspace whose number has changed. Limits are enforced on the members themselves.</summary>
public sealed class MemberCount(Database database, TimeProvider time, ILogger<MemberCount> logger) : BackgroundJob("Counting members", time, logger)
{
    protected override TimeSpan Interval => TimeSpan.FromMinutes(5);

    protected override TimeSpan FirstAfter => TimeSpan.FromSeconds(20);

    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        await using var work = await database.BeginAsync(cancellationToken);
        // Also at the start of a month, whose usage begins with the members that there are.
        var changed = await work.QueryAsync<(Guid WorkspaceId, long Members)>(
            """
            -- every workspace: each one's own count
            insert into member_counts as c (workspace_id, month, members)
            select m.workspace_id, @Month, count(*) from members m group by m.workspace_id order by m.workspace_id
            on conflict (workspace_id) do update set month = excluded.month, members = excluded.members
            where (c.month, c.members) is distinct from (excluded.month, excluded.members)
            returning workspace_id, members
            """,
            new { Month = MonthOf(now) }, cancellationToken);
        foreach (var (workspaceId, members) in changed)
        {
            work.Publish(new UsageCounted(workspaceId, UsageMetrics.Members, MonthOf(now), members, now.ToUnixTimeMilliseconds()));
        }

        await work.CommitAsync(cancellationToken);
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => ReportAsync(cancellationToken);

    private static DateOnly MonthOf(DateTimeOffset now) => new(now.Year, now.Month, 1);
}
