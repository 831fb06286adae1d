using System.Diagnostics;
using LinkShort.Analytics.Enrichment;
using LinkShort.Analytics.Rollups;
using LinkShort.Analytics.Storage;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Telemetry;
using Npgsql;
using NpgsqlTypes;

namespace LinkShort.Analytics.RecordClicks;

/// <summary>
/// Stores batches of clicks, each once: the batch ids, the raw clicks and the rows of unrolled_batches are written in one transaction.
/// </summary>
public sealed class ClickStore(Database database, ClickPartitions partitions, RollupSignal rollups, AnalyticsMetrics metrics, TimeProvider time)
{
    /// <summary>The inbox keeps batch ids under this name: a batch published twice has two message ids, but one batch id.</summary>
    private const string Consumer = nameof(ClicksRecorded);

    public async Task StoreAsync(IReadOnlyList<ReceivedBatch> batches, CancellationToken cancellationToken)
    {
        using var activity = AnalyticsMetrics.Tracing.StartJoined("store clicks", ActivityKind.Internal, batches.Select(batch => batch.TraceParent));
        var started = time.GetTimestamp();
        // PostgreSQL stores microseconds, and the rollups are computed with the stored time.
        var now = time.GetUtcNow().ToMicroseconds();
        // Before the transaction, so that no lock is held while headers are parsed.
        var enriched = batches.DistinctBy(batch => batch.BatchId).ToDictionary(batch => batch.BatchId, batch => new Enriched(batch, new EnrichedBatch(batch.Clicks, now)));
        await partitions.EnsureAsync(enriched.Values.SelectMany(batch => MonthsOf(batch.Clicks)), cancellationToken);

        await using var work = await database.BeginAsync(cancellationToken);
        var fresh = (await ReceiveAsync(work, [.. enriched.Keys], cancellationToken)).ConvertAll(id => enriched[id]);
        var stored = new StoredClicks();
        if (fresh.Count > 0)
        {
            await CopyAsync(work, fresh, stored, cancellationToken);
            await AddUnrolledAsync(work, fresh, now, cancellationToken);
            await work.CommitAsync(cancellationToken);
            rollups.Raise();
        }

        metrics.Stored(stored, batches.Count - fresh.Count, time.GetElapsedTime(started));
    }

    private static HashSet<DateTime> MonthsOf(EnrichedBatch clicks)
    {
        var months = new HashSet<DateTime>();
        for (var i = 0; i < clicks.Count; i++)
        {
            months.Add(ClickPartitions.MonthOf(clicks[i].At));
        }

        return months;
    }

    /// <returns>The batches that were not stored before. Ids are inserted in order, so that replicas with the same batches don't deadlock.</returns>
    private static async Task<List<Guid>> ReceiveAsync(UnitOfWork work, Guid[] batches, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into inbox (message_id, consumer)
            select batch, $2 from unnest($1) as batch order by batch
            on conflict do nothing
            returning message_id
            """, work.Connection, work.Transaction)
        {
            Parameters = { new() { Value = batches }, new() { Value = Consumer } },
        };
        var fresh = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            fresh.Add(reader.GetGuid(0));
        }

        return fresh;
    }

    private static async Task CopyAsync(UnitOfWork work, List<Enriched> batches, StoredClicks stored, CancellationToken cancellationToken)
    {
        await using var copy = await ClickCopy.BeginAsync(work.Connection, cancellationToken);
        foreach (var (_, clicks) in batches)
        {
            stored.TimesCorrected += clicks.TimesCorrected;
            for (var i = 0; i < clicks.Count; i++)
            {
                var click = clicks[i];
                if (click.LinkId != RollupKey.AllLinks)
                {
                    stored.Add(in click);
                    await copy.AddAsync(in click, cancellationToken);
                }
            }
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static async Task AddUnrolledAsync(UnitOfWork work, List<Enriched> batches, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "insert into unrolled_batches (received_at, clicks, packed, trace_parent) select $1, * from unnest($2, $3, $4)", work.Connection, work.Transaction)
        {
            Parameters =
            {
                new() { Value = now, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = batches.Select(batch => batch.Clicks.Count).ToArray() },
                new() { Value = batches.Select(batch => batch.Batch.Packed).ToArray() },
                new() { Value = batches.Select(batch => batch.Batch.TraceParent).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed record Enriched(ReceivedBatch Batch, EnrichedBatch Clicks);
}

/// <summary>The clicks that a transaction stored, for the metrics.</summary>
public sealed class StoredClicks
{
    private readonly long[] _classes = new long[Enum.GetValues<Visitors.ClickClass>().Length];

    public int Count { get; private set; }

    public DateTime Oldest { get; private set; } = DateTime.MaxValue;

    public int TimesCorrected { get; set; }

    public IEnumerable<(Visitors.ClickClass Class, long Clicks)> Classes =>
        _classes.Select((clicks, @class) => ((Visitors.ClickClass)@class, clicks)).Where(each => each.clicks > 0);

    public void Add(in EnrichedClick click)
    {
        Count++;
        _classes[(int)click.Class]++;
        Oldest = click.At < Oldest ? click.At : Oldest;
    }
}
