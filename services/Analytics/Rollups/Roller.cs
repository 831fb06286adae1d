using System.Diagnostics;
using LinkShort.Analytics.Enrichment;
using LinkShort.Analytics.RecordClicks;
using LinkShort.Clicks;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Telemetry;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LinkShort.Analytics.Rollups;

/// <summary>
/// Follows the raw clicks with totals and rollups: takes the batches that are not rolled up yet, many at once, adds them up, and removes
/// their notes, all in one transaction. Killed at any moment, it has done all of that or nothing. One replica at a time does it.
/// </summary>
/// <remarks>
/// While clicks come one by one it follows each commit at once. While many come, raw clicks go first: it rests after each time for as long as
/// that took, three times over, and while raw clicks wait for their turn, until its patience ends. Many clicks at once cost a link's rows once.
/// </remarks>
public sealed partial class Roller(
    Database database, RollupSignal signal, RollupRebuild rebuild, ClickWriter writer, IOptions<AnalyticsOptions> options, AnalyticsMetrics metrics, TimeProvider time,
    ILogger<Roller> logger) : BackgroundService
{
    private const int MaxBatches = 5_000;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HoldInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>So many clicks within <see cref="HoldInterval"/> are many: 10,000 a second.</summary>
    private const int ManyClicks = 1_000;
    private const int RestFactor = 3;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var delay = TimeSpan.Zero;
        var caughtUpAt = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (writer.IsBehind && time.GetElapsedTime(caughtUpAt) < options.Value.RollupPatience)
                {
                    await Task.Delay(HoldInterval, time, stoppingToken);
                    continue;
                }

                var started = time.GetTimestamp();
                var mayBeMore = await RollAsync(stoppingToken);
                await RestAsync(time.GetElapsedTime(started) * RestFactor, stoppingToken);
                if (!mayBeMore)
                {
                    caughtUpAt = time.GetTimestamp();
                }

                if (!await rebuild.TryStepAsync(stoppingToken) && !mayBeMore)
                {
                    await signal.WaitAsync(PollInterval, stoppingToken);
                }

                delay = TimeSpan.Zero;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                delay = TimeSpan.FromSeconds(Math.Min(2, delay.TotalSeconds + 0.25));
                Log.Postponed(logger, exception, delay);
                await Task.Delay(delay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Waits as long as many clicks keep coming.</summary>
    private async Task RestAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        atMost = atMost < options.Value.RollupPatience ? atMost : options.Value.RollupPatience;
        while (atMost - time.GetElapsedTime(started) > HoldInterval)
        {
            var before = writer.Received;
            await Task.Delay(HoldInterval, time, cancellationToken);
            if (writer.Received - before < ManyClicks)
            {
                return;
            }
        }
    }

    /// <returns>Whether there may be more.</returns>
    private async Task<bool> RollAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        await using var work = await database.BeginAsync(cancellationToken);
        if (!await IsAloneAsync(work, cancellationToken) || await TakeAsync(work, cancellationToken) is not { Count: > 0 } batches)
        {
            return false;
        }

        // The batches' own traces: those of clicks that one transaction added up meet here.
        using var activity = AnalyticsMetrics.Tracing.StartJoined("roll up clicks", ActivityKind.Internal, batches.Select(batch => batch.TraceParent));
        var delta = RollupDelta.Of(batches.Select(batch => new EnrichedBatch(ClickBatch.Read(batch.Packed), batch.ReceivedAt)));
        await RollupStore.AddAsync(work, delta, cancellationToken);
        await ForgetAsync(work, batches, cancellationToken);
        await work.CommitAsync(cancellationToken);
        var clicks = batches.Sum(batch => batch.Clicks);
        activity?.SetTag("linkshort.clicks", clicks);
        metrics.Rolled(clicks, batches.Min(batch => batch.ReceivedAt), time.GetElapsedTime(started));
        return clicks >= options.Value.ClicksPerRollup || batches.Count == MaxBatches;
    }

    /// <summary>
    /// Takes the lock that ends with the transaction. A statement of its own: one that also read the batches would see them as they were
    /// before the lock was had, those that the other replica has just rolled up included.
    /// </summary>
    internal static async Task<bool> IsAloneAsync(UnitOfWork work, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select pg_try_advisory_xact_lock(hashtext('rollups'))", work.Connection, work.Transaction);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <returns>The oldest batches, until they hold as many clicks as are taken in at once.</returns>
    private async Task<List<Unrolled>> TakeAsync(UnitOfWork work, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select position, received_at, clicks, packed, trace_parent
            from (select *, sum(clicks) over (order by position) - clicks as before from unrolled_batches order by position limit $2) b
            where before < $1
            order by position
            """, work.Connection, work.Transaction)
        {
            Parameters = { new() { Value = (long)options.Value.ClicksPerRollup }, new() { Value = (long)MaxBatches } },
        };
        var batches = new List<Unrolled>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            batches.Add(new Unrolled(
                reader.GetInt64(0), reader.GetDateTime(1), reader.GetInt32(2), reader.GetFieldValue<byte[]>(3), reader.IsDBNull(4) ? null : reader.GetString(4)));
        }

        return batches;
    }

    private static async Task ForgetAsync(UnitOfWork work, List<Unrolled> batches, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("delete from unrolled_batches where position = any($1)", work.Connection, work.Transaction)
        {
            Parameters = { new() { Value = batches.Select(batch => batch.Position).ToArray() } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed record Unrolled(long Position, DateTime ReceivedAt, int Clicks, byte[] Packed, string? TraceParent);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Rollups can't follow now; the raw clicks are safe. Trying again in {Delay}.")]
        public static partial void Postponed(ILogger logger, Exception exception, TimeSpan delay);
    }
}
