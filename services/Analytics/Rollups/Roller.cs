using System.Data.Common;
using System.Diagnostics;
using LinkShort.Analytics.Enrichment;
using LinkShort.Analytics.RecordClicks;
using LinkShort.Clicks;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Telemetry;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LinkShort.Analytics.Rollups;

/// <summary>
/// Adds raw clicks to totals and rollups: takes unrolled batches, many at a time, adds them up and deletes their rows in unrolled_batches, all
/// in one transaction, so a kill leaves nothing half done. One replica at a time does it.
/// </summary>
/// <remarks>
/// With little traffic it runs immediately after each commit. Under load raw clicks have priority: after each run it pauses for three times the
/// run's duration, and while a backlog of raw clicks waits, for at most <see cref="AnalyticsOptions.RollupTimeout"/>. Rolling up many clicks
/// together writes a link's rows once.
/// <para>
/// Batches that fail together are added one by one. A batch that fails alone with a permanent error is parked: it stays in
/// <c>unrolled_batches</c> with the reason, and the others continue. It is never added later. Its raw clicks are stored, so a rebuild of the
/// rollups counts them and deletes the batch at the end (<see cref="RollupRebuild"/>).
/// </para>
/// </remarks>
public sealed partial class Roller(
    Database database, RollupSignal signal, RollupRebuild rebuild, ClickWriter writer, IOptions<AnalyticsOptions> options, AnalyticsMetrics metrics, TimeProvider time,
    ILogger<Roller> logger) : BackgroundJob("Adding clicks to totals and rollups", time, logger)
{
    private const int MaxBatches = 5_000;
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Clicks within <see cref="CheckInterval"/> that count as load: 10,000 a second.</summary>
    private const int ClicksUnderLoad = 1_000;
    private const int PauseFactor = 3;

    private long? _caughtUpAt;

    /// <summary>Batches up to this position failed together; 0 for none.</summary>
    private long _oneByOneUntil;

    protected override TimeSpan Interval => TimeSpan.FromSeconds(1);

    protected override Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => signal.WaitAsync(atMost, cancellationToken);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var mayBeMore = true; mayBeMore;)
        {
            _caughtUpAt ??= Time.GetTimestamp();
            if (writer.IsBehind && Time.GetElapsedTime(_caughtUpAt.Value) < options.Value.RollupTimeout)
            {
                await Task.Delay(CheckInterval, Time, cancellationToken);
                continue;
            }

            var started = Time.GetTimestamp();
            mayBeMore = await RollAsync(cancellationToken);
            await PauseAsync(Time.GetElapsedTime(started) * PauseFactor, cancellationToken);
            if (!mayBeMore)
            {
                _caughtUpAt = Time.GetTimestamp();
            }

            mayBeMore |= await rebuild.TryStepAsync(cancellationToken);
        }
    }

    /// <summary>Waits while the service is under load.</summary>
    private async Task PauseAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var started = Time.GetTimestamp();
        atMost = atMost < options.Value.RollupTimeout ? atMost : options.Value.RollupTimeout;
        while (atMost - Time.GetElapsedTime(started) > CheckInterval)
        {
            var before = writer.Received;
            await Task.Delay(CheckInterval, Time, cancellationToken);
            if (writer.Received - before < ClicksUnderLoad)
            {
                return;
            }
        }
    }

    /// <returns>Whether more batches may be waiting.</returns>
    private async Task<bool> RollAsync(CancellationToken cancellationToken)
    {
        List<Unrolled> batches = [];
        try
        {
            var started = Time.GetTimestamp();
            await using var work = await database.BeginAsync(cancellationToken);
            if (!await IsAloneAsync(work, cancellationToken))
            {
                return false;
            }

            var limit = _oneByOneUntil > 0 ? 1 : MaxBatches;
            batches = await TakeAsync(work, limit, cancellationToken);
            _oneByOneUntil = batches is [var first, ..] && first.Position <= _oneByOneUntil ? _oneByOneUntil : 0;
            if (batches.Count == 0)
            {
                return false;
            }

            var clicks = await AddAsync(work, batches, cancellationToken);
            metrics.Rolled(clicks, batches.Min(batch => batch.ReceivedAt), Time.GetElapsedTime(started));
            return clicks >= options.Value.ClicksPerRollup || batches.Count == limit;
        }
        catch (Exception exception) when (batches.Count > 0 && IsPermanent(exception))
        {
            if (batches.Count == 1)
            {
                await ParkAsync(batches[0], exception, cancellationToken);
            }
            else
            {
                _oneByOneUntil = batches[^1].Position;
                Log.Separating(Logger, exception, batches.Count);
            }

            return true;
        }
    }

    private static async Task<int> AddAsync(UnitOfWork work, List<Unrolled> batches, CancellationToken cancellationToken)
    {
        // Joins the traces of the batches that this transaction adds up.
        using var activity = AnalyticsMetrics.Tracing.StartJoined("roll up clicks", ActivityKind.Internal, batches.Select(batch => batch.TraceParent));
        var delta = RollupDelta.Of(batches.Select(batch => new EnrichedBatch(ClickBatch.Read(batch.Packed), batch.ReceivedAt)));
        await RollupStore.AddAsync(work, delta, cancellationToken);
        await DeleteAsync(work, batches, cancellationToken);
        await work.CommitAsync(cancellationToken);
        var clicks = batches.Sum(batch => batch.Clicks);
        activity?.SetTag("linkshort.clicks", clicks);
        return clicks;
    }

    /// <summary>Whether another attempt would fail in the same way, because the clicks or the rollups can't be read or written.</summary>
    private static bool IsPermanent(Exception exception) => exception switch
    {
        // Classes 22 and 23: data exceptions and constraint violations.
        PostgresException { SqlState: ['2', '2' or '3', ..] } => true,
        DbException or IOException or TimeoutException or OperationCanceledException or ObjectDisposedException or OutOfMemoryException => false,
        _ => !Outages.IsOutage(exception),
    };

    private async Task ParkAsync(Unrolled batch, Exception exception, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        // Under the lock, so that a rebuild step sees the batch either parked or not, and with the time after taking it: see RollupRebuild.
        if (!await IsAloneAsync(work, cancellationToken))
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            "update unrolled_batches set parked_at = clock_timestamp(), parked_because = $2 where position = $1 and parked_at is null", work.Connection, work.Transaction)
        {
            Parameters = { new() { Value = batch.Position }, new() { Value = exception.Message.Replace("\0", "", StringComparison.Ordinal) } },
        };
        var isParked = await command.ExecuteNonQueryAsync(cancellationToken) == 1;
        await work.CommitAsync(cancellationToken);
        if (isParked)
        {
            metrics.Parked();
            Log.Parked(Logger, exception, batch.Position, batch.Clicks);
        }
    }

    /// <summary>
    /// Takes the lock for this transaction. A separate statement: one that also read the batches would see them as of before the lock,
    /// including those that another replica has just rolled up.
    /// </summary>
    internal static async Task<bool> IsAloneAsync(UnitOfWork work, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select pg_try_advisory_xact_lock(hashtext('rollups'))", work.Connection, work.Transaction);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <returns>The oldest batches, up to <see cref="AnalyticsOptions.ClicksPerRollup"/> clicks.</returns>
    private async Task<List<Unrolled>> TakeAsync(UnitOfWork work, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select position, received_at, clicks, packed, trace_parent
            from (
                select *, sum(clicks) over (order by position) - clicks as before from unrolled_batches where parked_at is null order by position limit $2) b
            where before < $1
            order by position
            """, work.Connection, work.Transaction)
        {
            Parameters = { new() { Value = (long)options.Value.ClicksPerRollup }, new() { Value = (long)limit } },
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

    private static async Task DeleteAsync(UnitOfWork work, List<Unrolled> batches, CancellationToken cancellationToken)
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
        [LoggerMessage(LogLevel.Warning, "{Batches} batches of clicks can't be added to the rollups together; adding them one by one.")]
        public static partial void Separating(ILogger logger, Exception exception, int batches);

        [LoggerMessage(LogLevel.Error, "Parked batch {Position} with {Clicks} clicks: it can't be added to the rollups. The raw clicks are stored; a rebuild of the rollups counts them.")]
        public static partial void Parked(ILogger logger, Exception exception, long position, int clicks);
    }
}
