using System.Globalization;
using System.Runtime.CompilerServices;
using LinkShort.Analytics.Enrichment;
using LinkShort.Analytics.Storage;
using LinkShort.Clicks;
using LinkShort.ServiceDefaults.Data;
using LinkShort.Visitors;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LinkShort.Analytics.Rollups;

/// <summary>
/// Computes rollups again from raw clicks, one UTC day per transaction, and then totals from rollups, some links per transaction. Months whose
/// raw clicks were dropped keep their rollups, as do workspaces whose plan no longer keeps the clicks of a day. <see cref="Roller"/> runs the steps between its own transactions; each step commits its
/// progress, so a killed step is repeated as a whole.
/// </summary>
/// <remarks>
/// A click is in the day's rollups exactly once: a step counts the raw clicks of one snapshot without those of unrolled batches, which Roller
/// adds afterwards. Both hold the same lock; if Roller commits between a step's snapshot and its lock, PostgreSQL refuses the step's writes
/// (40001), and the step is repeated.
/// <para>
/// A parked batch (<see cref="Roller"/>) is never added, so a step counts its raw clicks. The last step deletes the batches that were parked
/// before the rebuild started, because every day was computed with their clicks. A batch parked during a rebuild stays, because some days
/// may have been computed without it; the next rebuild counts it. Clicks in months whose raw clicks were dropped are not counted again.
/// </para>
/// </remarks>
public sealed partial class RollupRebuild(
    Database database, RollupSignal signal, IOptions<AnalyticsOptions> options, AnalyticsMetrics metrics, TimeProvider time, ILogger<RollupRebuild> logger)
{
    private const int TotalsPerStep = 2_000;

    /// <summary>How often a replica checks for a rebuild that another one accepted.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(10);

    private volatile bool _isRunning = true;
    private long _checkedAt;

    /// <returns>False while any replica runs a rebuild.</returns>
    public async Task<bool> TryStartAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            update rollup_rebuild set running = true, started_at = clock_timestamp(), last_day = null, last_workspace = null, last_link = null
            where id = 1 and not running
            """, connection);
        var isStarted = await command.ExecuteNonQueryAsync(cancellationToken) == 1;
        metrics.RebuildRequested(isStarted);
        if (isStarted)
        {
            Log.Requested(logger);
            _isRunning = true;
            signal.Raise();
        }

        return isStarted;
    }

    /// <summary>Runs the next step of a rebuild: a day's rollups, or some totals.</summary>
    /// <returns>False if no rebuild is running, another replica holds the lock, or a backlog has priority.</returns>
    public async Task<bool> TryStepAsync(CancellationToken cancellationToken)
    {
        if (!_isRunning && time.GetElapsedTime(_checkedAt) < CheckInterval)
        {
            return false;
        }

        _checkedAt = time.GetTimestamp();
        try
        {
            return await StepAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.SerializationFailure)
        {
            return false;
        }
    }

    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await ExecuteAsync(work, "set transaction isolation level repeatable read", cancellationToken);
        if (!await Roller.IsAloneAsync(work, cancellationToken))
        {
            return false;
        }

        if (await ReadStateAsync(work, cancellationToken) is not { } state)
        {
            _isRunning = false;
            return false;
        }

        _isRunning = true;
        if (state.LastWorkspace is not null)
        {
            return await RebuildTotalsAsync(work, state.LastWorkspace.Value, state.LastLink!.Value, cancellationToken);
        }

        if (await NextDayAsync(work, state.LastDay, cancellationToken) is not { } day)
        {
            await ExecuteAsync(work, "update rollup_rebuild set last_workspace = $1, last_link = $1 where id = 1", cancellationToken, Guid.Empty);
            await work.CommitAsync(cancellationToken);
            return true;
        }

        return await RebuildDayAsync(work, day, cancellationToken);
    }

    private async Task<bool> RebuildDayAsync(UnitOfWork work, DateTime day, CancellationToken cancellationToken)
    {
        if (await WaitingClicksAsync(work, cancellationToken) is not { } waiting)
        {
            return false;
        }

        var started = time.GetTimestamp();
        var delta = await RollupDelta.OfAsync(ReadAsync(work, day, waiting, cancellationToken), cancellationToken);
        await RollupStore.ReplaceDayAsync(work, day, delta, cancellationToken);
        await ExecuteAsync(work, "update rollup_rebuild set last_day = $1 where id = 1", cancellationToken, day);
        await work.CommitAsync(cancellationToken);
        var clicks = delta.Totals.Where(total => total.Key.LinkId == RollupKey.AllLinks).Sum(total => total.Value.Clicks + total.Value.BotClicks);
        metrics.RebuiltDay(clicks, time.GetElapsedTime(started));
        if (clicks > 0)
        {
            Log.Day(logger, day, clicks);
        }

        return true;
    }

    private async Task<bool> RebuildTotalsAsync(UnitOfWork work, Guid workspace, Guid link, CancellationToken cancellationToken)
    {
        var last = await RollupStore.ReplaceTotalsAsync(work, workspace, link, TotalsPerStep, cancellationToken);
        if (last is { } next)
        {
            await ExecuteAsync(work, "update rollup_rebuild set last_workspace = $1, last_link = $2 where id = 1", cancellationToken, next.WorkspaceId, next.LinkId);
        }
        else
        {
            await ExecuteAsync(work, "update rollup_rebuild set running = false where id = 1", cancellationToken);
            await ExecuteAsync(
                work, "delete from unrolled_batches where parked_at < (select started_at from rollup_rebuild where id = 1)", cancellationToken);
        }

        await work.CommitAsync(cancellationToken);
        if (last is null)
        {
            _isRunning = false;
            Log.Finished(logger);
        }

        return true;
    }

    /// <returns>Null if no rebuild is running.</returns>
    private static async Task<State?> ReadStateAsync(UnitOfWork work, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select last_day, last_workspace, last_link from rollup_rebuild where id = 1 and running", work.Connection, work.Transaction);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new State(
                reader.IsDBNull(0) ? null : reader.GetDateTime(0), reader.IsDBNull(1) ? null : reader.GetGuid(1), reader.IsDBNull(2) ? null : reader.GetGuid(2))
            : null;
    }

    /// <returns>The first day after <paramref name="last"/> whose month has all its raw clicks; null after the last such day.</returns>
    private async Task<DateTime?> NextDayAsync(UnitOfWork work, DateTime? last, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var kept = ClickPartitions.MonthOf(now - options.Value.RawClickRetention);
        // The lock on the row keeps ClickPartitions from dropping the month until the commit.
        await using var command = new NpgsqlCommand(
            """
            with complete as (select complete_from from raw_clicks where id = 1 for share)
            select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid, complete
            where i.inhparent = 'clicks'::regclass
              and c.relname >= $1 and (complete_from = '-infinity' or c.relname >= to_char(complete_from at time zone 'UTC', '"clicks_"YYYY_MM'))
            order by 1
            """, work.Connection, work.Transaction)
        {
            Parameters = { new() { Value = string.Create(CultureInfo.InvariantCulture, $"clicks_{kept:yyyy_MM}") } },
        };
        var next = last?.AddDays(1) ?? DateTime.MinValue;
        // A click's time can be ahead of this clock by the tolerance.
        var end = Grain.Day.Ceiling(now + EnrichedBatch.ClockTolerance);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var month = DateTime.ParseExact(
                reader.GetString(0)["clicks_".Length..], "yyyy_MM", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
            var day = month > next ? month : next;
            if (day < month.AddMonths(1) && day < end)
            {
                return day;
            }
        }

        return null;
    }

    /// <returns>Ids of stored clicks that are not rolled up; null if there are too many, which Roller must add first.</returns>
    private async Task<HashSet<Guid>?> WaitingClicksAsync(UnitOfWork work, CancellationToken cancellationToken)
    {
        await using var count = new NpgsqlCommand("select coalesce(sum(clicks), 0) from unrolled_batches where parked_at is null", work.Connection, work.Transaction);
        if ((long)(await count.ExecuteScalarAsync(cancellationToken))! > options.Value.ClicksPerRollup)
        {
            return null;
        }

        var waiting = new HashSet<Guid>();
        await using var command = new NpgsqlCommand("select packed from unrolled_batches where parked_at is null", work.Connection, work.Transaction);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            foreach (ref readonly var row in ClickBatch.Read(reader.GetFieldValue<byte[]>(0)).Rows)
            {
                waiting.Add(row.ClickId);
            }
        }

        return waiting;
    }

    private static async IAsyncEnumerable<EnrichedClick> ReadAsync(
        UnitOfWork work, DateTime day, HashSet<Guid> waiting, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // One scan of the month per day, which blocks no insert. An index would cost every insert (ADR 42).
        await using var command = new NpgsqlCommand(
            """
            -- every workspace: the rollups of all of them are computed
            select at, workspace_id, link_id, click_id, visitor, class, referrer, browser, os, device, language, country, region, city, variant, reason
            from clicks c
            where at >= $1 and at < $2 and not exists (select 1 from workspace_erasures e where e.workspace_id = c.workspace_id)
              and not exists (select 1 from click_limits l where l.workspace_id = c.workspace_id and l.complete_from > $1)
            """, work.Connection, work.Transaction)
        {
            Parameters = { new() { Value = day }, new() { Value = day.AddDays(1) } },
            CommandTimeout = 0,
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = reader.GetGuid(3);
            if (waiting.Contains(id))
            {
                continue;
            }

            var (country, city) = (reader.GetString(11), reader.GetString(13));
            yield return new EnrichedClick(
                id, reader.GetGuid(1), reader.GetGuid(2), reader.GetDateTime(0), reader.IsDBNull(4) ? null : reader.GetInt64(4), (ClickClass)reader.GetInt16(5),
                reader.IsDBNull(15) ? null : reader.GetString(15),
                reader.GetString(6), reader.GetString(7), reader.GetString(8), reader.GetString(9), reader.GetString(10), country,
                reader.IsDBNull(12) ? null : reader.GetString(12), city, country + "/" + city, reader.IsDBNull(14) ? null : reader.GetString(14));
        }
    }

    private static async Task ExecuteAsync(UnitOfWork work, string sql, CancellationToken cancellationToken, params object[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, work.Connection, work.Transaction);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed record State(DateTime? LastDay, Guid? LastWorkspace, Guid? LastLink);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "An operator requested a rebuild of totals and rollups.")]
        public static partial void Requested(ILogger logger);

        [LoggerMessage(LogLevel.Information, "Rebuilt the rollups of {Day:yyyy-MM-dd} from {Clicks} raw clicks.")]
        public static partial void Day(ILogger logger, DateTime day, long clicks);

        [LoggerMessage(LogLevel.Information, "The rebuild of totals and rollups is complete.")]
        public static partial void Finished(ILogger logger);
    }
}
