using System.Globalization;
using Dapper;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using Npgsql;

namespace LinkShort.Analytics.PlanRetention;

/// <summary>
/// Deletes single clicks of workspaces whose plan keeps them for less time than the installation does: by whole months, one month per run across all
/// replicas, in pieces. Totals and rollups stay. The clock has to be trusted, and a click has to prove that the time has passed, as for
/// <see cref="Storage.ClickPartitions"/>, which drops whole months.
/// </summary>
/// <remarks>
/// First <c>complete_from</c> moves behind the month, so that a rebuild of the rollups (<see cref="Rollups.RollupRebuild"/>) no longer computes that workspace's
/// days from clicks that are being deleted; then the clicks are deleted; then <c>purged_before</c> moves. A run that was killed in between is repeated.
/// </remarks>
public sealed partial class ExpiredClicks(
    NpgsqlDataSource source, RawClickDaysSource plans, ClickLimits limits, DeletionClock clock, TimeProvider time, ILogger<ExpiredClicks> logger)
    : BackgroundJob("Deleting clicks that the plans no longer keep", time, logger)
{
    /// <summary>Pages of 8 kB per transaction: an eraser, the vacuum and a backup wait for one piece at most.</summary>
    private const int PagesPerPiece = 16_384;

    /// <summary>Time between two months. If the clock or a setting is wrong, an operator can stop the service after the first.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromHours(5);

    protected override TimeSpan Interval => TimeSpan.FromHours(6);

    /// <summary>Not while the service has just started: after an update, messages wait.</summary>
    protected override TimeSpan FirstAfter => TimeSpan.FromMinutes(30);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        await limits.UpdateAsync(await plans.ReadAsync(cancellationToken), Time.GetUtcNow(), cancellationToken);
        await DeleteOldestAsync(cancellationToken);
    }

    /// <summary>Deletes the expired clicks of the oldest month that has any.</summary>
    /// <returns>Their number.</returns>
    public async Task<long> DeleteOldestAsync(CancellationToken cancellationToken)
    {
        if (!await clock.IsTrustedAsync(cancellationToken))
        {
            return 0;
        }

        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        if (await OldestAsync(connection, cancellationToken) is not { } month || !await MarkAsync(connection, month, cancellationToken))
        {
            return 0;
        }

        var deleted = 0L;
        var name = string.Create(CultureInfo.InvariantCulture, $"clicks_{month:yyyy_MM}");
        var pages = await connection.ExecuteScalarAsync<long>(new CommandDefinition(
            "select pg_relation_size(@name::regclass) / current_setting('block_size')::int", new { name }, cancellationToken: cancellationToken));
        for (long page = 0; page < pages; page += PagesPerPiece)
        {
            deleted += await connection.ExecuteAsync(new CommandDefinition(
                $"""
                -- every workspace: those whose clicks of the month have expired
                delete from {name} c using click_limits l
                where c.ctid >= '({page},0)' and c.ctid < '({page + PagesPerPiece},0)'
                    and l.workspace_id = c.workspace_id and l.purged_before <= @month and l.complete_from > @month
                """,
                new { month }, commandTimeout: 0, cancellationToken: cancellationToken));
        }

        await connection.ExecuteAsync(new CommandDefinition(
            """
            -- every workspace: those whose clicks of the month were deleted
            update click_limits set purged_before = @End where purged_before <= @month and complete_from > @month
            """,
            new { month, End = month.AddMonths(1) }, cancellationToken: cancellationToken));
        Log.Deleted(Logger, deleted, month);
        return deleted;
    }

    /// <returns>The start of the oldest month with a partition whose clicks have expired for any workspace; null for none.</returns>
    private async Task<DateTime?> OldestAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await connection.QuerySingleOrDefaultAsync<DateTime?>(new CommandDefinition(
            """
            -- every workspace: the oldest expired month of any
            select m.month
            from pg_inherits i join pg_class c on c.oid = i.inhrelid
            cross join lateral (select to_timestamp(substr(c.relname, 8), 'YYYY_MM')::timestamp at time zone 'UTC' as month) m
            where i.inhparent = 'clicks'::regclass and exists (
                select from click_limits l where l.purged_before <= m.month and m.month < date_trunc('month', @now - l.days * interval '1 day', 'UTC'))
            order by 1 limit 1
            """,
            new { now = Time.GetUtcNow() }, commandTimeout: 0, cancellationToken: cancellationToken));

    /// <summary>Takes the turn of all replicas, and moves <c>complete_from</c> of the workspaces whose time is proven to have passed.</summary>
    /// <returns>False if it isn't this replica's turn, or nothing is proven.</returns>
    private async Task<bool> MarkAsync(NpgsqlConnection connection, DateTime month, CancellationToken cancellationToken)
    {
        var (now, end) = (Time.GetUtcNow(), month.AddMonths(1));
        var proven = new List<int>();
        foreach (var days in await connection.QueryAsync<int>(new CommandDefinition(
            """
            -- every workspace: how long the expired ones were kept
            select distinct days from click_limits where purged_before <= @month and @month < date_trunc('month', @now - days * interval '1 day', 'UTC')
            """,
            new { month, now }, commandTimeout: 0, cancellationToken: cancellationToken)))
        {
            if (await IsProvenAsync(connection, end.AddDays(days), now, cancellationToken))
            {
                proven.Add(days);
            }
        }

        if (proven.Count == 0)
        {
            Log.NotProven(Logger, month);
            return false;
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // As in ClickPartitions: one beyond the pause was recorded by a wrong clock. Replicas wait for each other on this row.
        var isTurn = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            """
            update raw_clicks set purged_at = @now where id = 1 and (purged_at is null or purged_at not between @Earliest and @Latest) returning true
            """,
            new { now, Earliest = now - Pause, Latest = now + Pause }, transaction, cancellationToken: cancellationToken));
        if (isTurn)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                """
                -- every workspace: those whose clicks of the month have expired
                update click_limits set complete_from = greatest(complete_from, @end)
                where purged_before <= @month and days = any(@proven) and @month < date_trunc('month', @now - days * interval '1 day', 'UTC')
                """,
                new { month, end, proven = proven.ToArray(), now }, transaction, commandTimeout: 0, cancellationToken: cancellationToken));
            await transaction.CommitAsync(cancellationToken);
        }

        return isTurn;
    }

    /// <summary>Whether a click arrived that is this late. There is no index on times, but the first one ends the scan.</summary>
    private static Task<bool> IsProvenAsync(NpgsqlConnection connection, DateTime from, DateTimeOffset now, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            """
            -- every workspace: the age of all clicks
            select exists (select from clicks where at >= @from and at <= @now)
            """,
            new { from, now }, commandTimeout: 0, cancellationToken: cancellationToken));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Deleted {Count} clicks of {Month:yyyy-MM}: the plans of their workspaces keep them for less time.")]
        public static partial void Deleted(ILogger logger, long count, DateTime month);

        [LoggerMessage(LogLevel.Warning, "Clicks of {Month:yyyy-MM} have expired by the clock, but no click has arrived since, so they are kept.")]
        public static partial void NotProven(ILogger logger, DateTime month);
    }
}
