using LinkShort.Clicks;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Messaging;
using MassTransit;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Clicks;

/// <summary>
/// Publishes spooled clicks to the broker in batches, oldest first. Several batches are in flight at a time; the cursor advances in their
/// order, each after the broker's confirm. A batch without a confirm is published again with the same clicks and the same id. While the
/// broker is unavailable, the spool grows.
/// </summary>
/// <remarks>
/// A single task publishes, so a backlog takes at most one processor, at a pace that leaves the broker, analytics and PostgreSQL, which may
/// share the machine, time to let visitors through. Clicks that arrive meanwhile wait for the next run: under load batches get larger, not
/// more numerous.
/// </remarks>
public sealed partial class ClickPublisher(
    ClickSpool spools, IBus bus, ClickTraces traces, RedirectTelemetry telemetry, IOptions<RedirectOptions> options, TimeProvider time,
    ILogger<ClickPublisher> logger)
    : BackgroundJob("Publishing clicks", time, logger)
{
    /// <summary>ADR 20 has the cost of batch sizes.</summary>
    private const int MaxClicks = 1_000;

    /// <summary>Bytes of spool in one batch: bounds messages of clicks with long headers.</summary>
    private const int MaxBytes = 1 << 20;

    private const int MaxInFlight = 4;
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LastPublishTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AdoptInterval = TimeSpan.FromSeconds(10);

    private readonly ClickBatchWriter _batch = new();
    private readonly PublishPace _pace = new(options.Value.PublishClicksPerSecond, time);
    private long _adoptedAt = long.MinValue;
    private long _oldestTicks;
    private bool _hasFailed;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        telemetry.ObservePublisher(LagSeconds);
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // Closed in any case: no click may be appended after this. The next process adopts what is left.
        spools.Own.Close();
        if (ExecuteTask is { IsCompleted: true })
        {
            await PublishLastAsync();
        }
    }

    // After a failure longer than a short PublishInterval: a batch that no queue accepts is not sent several times a second.
    protected override TimeSpan Interval => _hasFailed ? RetryInterval : options.Value.PublishInterval;

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        _hasFailed = true;
        if (_adoptedAt == long.MinValue || Time.GetElapsedTime(_adoptedAt) > AdoptInterval)
        {
            _adoptedAt = Time.GetTimestamp();
            spools.AdoptAbandoned();
        }

        await DrainAllAsync(cancellationToken);
        _hasFailed = false;
    }

    /// <summary>Spares the last clicks of this process the wait for the next one, if the broker is reachable.</summary>
    private async Task PublishLastAsync()
    {
        using var timeout = new CancellationTokenSource(LastPublishTimeout);
        try
        {
            await DrainAsync(spools.Own, timeout.Token);
        }
        catch (Exception exception)
        {
            Log.LeftInSpool(Logger, exception.Message);
        }
    }

    private async Task DrainAllAsync(CancellationToken cancellationToken)
    {
        foreach (var adopted in spools.Adopted)
        {
            try
            {
                await DrainAsync(adopted, cancellationToken);
                spools.Release(adopted);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // A file that can't be read or removed must not hold up today's clicks.
                Log.Stuck(Logger, exception, adopted.Folder);
            }
        }

        await DrainAsync(spools.Own, cancellationToken);
    }

    /// <summary>Publishes what is in the spool now.</summary>
    private async Task DrainAsync(Spool spool, CancellationToken cancellationToken)
    {
        while (spool.Oldest is { } segment)
        {
            // Read before Committed: a sealed segment no longer grows.
            var isSealed = segment.IsSealed;
            await PublishAsync(spool, segment, segment.Committed, cancellationToken);
            if (!isSealed)
            {
                _oldestTicks = 0;
                return;
            }

            spool.RemoveOldest();
        }

        _oldestTicks = 0;
    }

    private async Task PublishAsync(Spool spool, SpoolSegment segment, long until, CancellationToken cancellationToken)
    {
        var cursor = spool.Cursor;
        if (cursor.Position.Segment != segment.Number)
        {
            cursor.Move(new SpoolPosition(segment.Number, SpoolSegment.HeaderSize));
        }

        var decided = new Queue<long>(cursor.Pending);
        var inFlight = new Queue<Batch>();
        var offset = cursor.Position.Offset;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (offset < until || inFlight.Count > 0)
            {
                while (offset < until && inFlight.Count < MaxInFlight)
                {
                    await _pace.WaitAsync(cancellationToken);
                    timeout.CancelAfter(PublishTimeout);
                    var isDecided = decided.TryDequeue(out var end);
                    var batch = Publish(spool, segment, offset, isDecided ? Math.Min(end, until) : until, isDecided, timeout.Token);
                    inFlight.Enqueue(batch);
                    offset = batch.End;
                }

                await inFlight.Peek().Confirmed;
                var confirmed = inFlight.Dequeue();
                cursor.Confirm();
                telemetry.ClicksPublished(confirmed.Clicks);
                _oldestTicks = inFlight.TryPeek(out var next) ? next.FirstTicks : 0;
            }
        }
        finally
        {
            // Batches in flight may still arrive. They are published again under the same ids.
            await Task.WhenAll(inFlight.Select(batch => batch.Confirmed)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Batch Publish(Spool spool, SpoolSegment segment, long offset, long limit, bool isDecided, CancellationToken cancellationToken)
    {
        _batch.Clear();
        _batch.BeginSegment(spool.Instance, segment.Number);
        var end = Read(segment, offset, limit, isDecided, out var first, out var visits);
        if (!isDecided)
        {
            spool.Cursor.Decide(segment.Number, offset, end);
        }

        if (_batch.Count == 0)
        {
            return new Batch(end, 0, 0, Task.CompletedTask);
        }

        if (_oldestTicks == 0)
        {
            _oldestTicks = first.UtcTicks;
        }

        _pace.Count(_batch.Count);
        var id = spool.Ids.Batch(first, segment.Number, offset, end);
        return new Batch(end, _batch.Count, first.UtcTicks, SendAsync(new ClicksRecorded(id, []) { Packed = _batch.ToArray() }, _batch.Count, visits, cancellationToken));
    }

    private async Task SendAsync(ClicksRecorded message, int clicks, List<string>? visits, CancellationToken cancellationToken)
    {
        using var activity = ClickTraces.StartBatch(clicks, visits);
        await bus.Publish(
            message,
            context =>
            {
                context.MessageId = message.BatchId;
                // Until analytics has started for the first time and has a queue, clicks stay in the spool.
                context.RequireQueue();
            },
            cancellationToken);
    }

    /// <param name="isDecided">The batch was published before and reaches to the limit, whatever its size.</param>
    /// <param name="visits">Traces of the visits among its clicks; null for none.</param>
    /// <returns>The offset at which the batch ends.</returns>
    private long Read(SpoolSegment segment, long offset, long limit, bool isDecided, out DateTimeOffset first, out List<string>? visits)
    {
        first = default;
        visits = null;
        var start = offset;
        while (offset < limit && (isDecided ? _batch.Count < ClickBatch.MaxClicks : _batch.Count < MaxClicks && offset - start < MaxBytes))
        {
            var at = offset;
            var record = segment.Read(at, out offset);
            if (record.IsEmpty)
            {
                continue;
            }

            try
            {
                ClickRecord.Read(record, segment.Format, at, _batch);
                if (_batch.Count == 1)
                {
                    first = ClickRecord.At(record);
                }

                traces.Take(ClickRecord.At(record), ref visits);
            }
            catch (InvalidDataException exception)
            {
                // The checksum is right, so a newer version wrote the record.
                telemetry.ClickDropped("unreadable");
                Log.Unreadable(Logger, exception, segment.Path, at);
            }
        }

        return offset;
    }

    private double LagSeconds()
    {
        var oldest = Volatile.Read(ref _oldestTicks);
        return oldest == 0 ? 0 : Math.Max(0, TimeSpan.FromTicks(Time.GetUtcNow().UtcTicks - oldest).TotalSeconds);
    }

    /// <param name="FirstTicks">Time of the first click, UTC.</param>
    private sealed record Batch(long End, int Clicks, long FirstTicks, Task Confirmed);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The last clicks of this process stay in the spool until the next start: {Reason}")]
        public static partial void LeftInSpool(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Error, "The clicks in {Folder} can't be published.")]
        public static partial void Stuck(ILogger logger, Exception exception, string folder);

        [LoggerMessage(LogLevel.Error, "A click in {Path} at {Offset} can't be read.")]
        public static partial void Unreadable(ILogger logger, Exception exception, string path, long offset);
    }
}
