using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LinkShort.Analytics.PlanRetention;

/// <summary>
/// The table <c>click_limits</c>: how long each workspace's single clicks are kept now. A plan that keeps them longer counts at once; one that keeps them for
/// less, after it has been the plan for 30 days, so that a failed payment or a short downgrade deletes nothing.
/// </summary>
public sealed class ClickLimits(NpgsqlDataSource source, IOptions<AnalyticsOptions> options)
{
    public static readonly TimeSpan Delay = TimeSpan.FromDays(30);

    /// <summary>For workspaces whose plan doesn't limit it.</summary>
    private int Longest => (int)options.Value.RawClickRetention.TotalDays;

    /// <summary>How long any workspace's clicks are kept: a month can be dropped as a whole after that.</summary>
    public async Task<TimeSpan> LongestAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // every workspace: the longest of all
        var days = await connection.ExecuteScalarAsync<int?>(new CommandDefinition("select max(days) from click_limits", cancellationToken: cancellationToken));
        return new[] { options.Value.RawClickRetention, TimeSpan.FromDays(days ?? 0) }.Max();
    }

    public async Task UpdateAsync(RawClickDays plans, DateTimeOffset now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plans);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var ids = plans.ByWorkspace.Keys.ToArray();
        var parameters = new
        {
            ids, days = ids.Select(id => plans.ByWorkspace[id] ?? Longest).ToArray(), @default = plans.DefaultDays ?? Longest, Longest, now, Before = now - Delay,
        };
        if (plans.AreLimited)
        {
            // Workspaces with clicks have a row in totals. Before a workspace's first day there is nothing to delete.
            await connection.ExecuteAsync(new CommandDefinition(
                """
                -- every workspace: those whose clicks have no limit yet
                insert into click_limits (workspace_id, days, plan_days, since, purged_before)
                select t.workspace_id, @Longest, coalesce(p.days, @default), @now, coalesce(date_trunc('month', f.first, 'UTC'), '-infinity')
                from totals t
                left join unnest(@ids, @days) as p (workspace_id, days) on p.workspace_id = t.workspace_id
                cross join lateral (
                    select min(r.start) as first from rollups r
                    where r.workspace_id = t.workspace_id and r.link_id = '00000000-0000-0000-0000-000000000000' and r.grain = 2) f
                where t.link_id = '00000000-0000-0000-0000-000000000000' and not exists (select from click_limits l where l.workspace_id = t.workspace_id)
                on conflict do nothing
                """,
                parameters, transaction, commandTimeout: 0, cancellationToken: cancellationToken));
        }

        await connection.ExecuteAsync(new CommandDefinition(
            """
            -- every workspace: those whose plan changed, and those that have had it for long enough
            update click_limits l set
                since = case when n.days = l.plan_days then l.since else @now end,
                plan_days = n.days,
                days = case when n.days >= l.days or (n.days = l.plan_days and l.since <= @Before) then n.days else l.days end
            from (
                select c.workspace_id, coalesce(p.days, @default) as days from click_limits c
                left join unnest(@ids, @days) as p (workspace_id, days) on p.workspace_id = c.workspace_id) n
            where n.workspace_id = l.workspace_id and (n.days <> l.plan_days or (n.days <> l.days and (n.days > l.days or l.since <= @Before)))
            """,
            parameters, transaction, commandTimeout: 0, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
    }
}
