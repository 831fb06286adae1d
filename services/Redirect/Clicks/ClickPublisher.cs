using LinkShort.Clicks;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Messaging;
using MassTransit;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Clicks;

/// <summary>
/// Brings the spooled clicks to the broker, oldest first, in batches. Several are under way at a time; the cursor moves in their order,
/// each after the broker's confirm. A batch whose confirm was never seen goes out again as exactly the same batch under the same id.
/// The broker away: the spool grows.
/// </summary>
/// <remarks>
/// One task does it all, so that however much waits, it takes one processor at most; and it goes at a pace that leaves the broker, analytics
/// and PostgreSQL, which may share the machine, time to let visitors through. What comes in while it works waits for the next turn: under
/// load batches get larger, not more.
/// </remarks>
public sealed partial class ClickPublisher(
    ClickSpool spools, IBus bus, ClickTraces traces, RedirectTelemetry telemetry, IOptions<RedirectOptions> options, TimeProvider time,
    ILogger<ClickPublisher> logger)
    : BackgroundService
{
    /// <summary>See docs/adr on packed batches for what sizes cost.</summary>
    private const int MaxClicks = 1_000;

    /// <summary>Bytes of spool in one batch: bounds messages of clicks with long headers.</summary>
    private const int MaxBytes = 1 << 20;

    private const int MaxUnderWay = 4;
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LastPublishTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AdoptInterval = TimeSpan.FromSeconds(10);

    private readonly ClickBatchWriter _batch = new();
    private readonly PublishPace _pace = new(options.Value.PublishClicksPerSecond, time);
    private long _oldestTicks;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        telemetry.ObservePublisher(LagSeconds);
        await DrainForeverAsync(stoppingToken);

        // The last clicks of this process needn't wait for the next one, if the broker is there.
        spools.Own.Close();
        using var last = new CancellationTokenSource(LastPublishTimeout);
        try
        {
            await DrainAsync(spools.Own, last.Token);
        }
        catch (Exception exception)
        {
            Log.Waiting(logger, exception.Message, LastPublishTimeout);
        }
    }

    private async Task DrainForeverAsync(CancellationToken stoppingToken)
    {
        var delay = TimeSpan.Zero;
        var adoptedAt = long.MinValue;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (adoptedAt == long.MinValue || time.GetElapsedTime(adoptedAt) > AdoptInterval)
                {
                    adoptedAt = time.GetTimestamp();
                    spools.AdoptAbandoned();
                }

                await DrainAllAsync(stoppingToken);
                delay = TimeSpan.Zero;
                await Task.Delay(options.Value.PublishInterval, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The broker is away, or nobody listens yet: the clicks stay where they are.
                delay = TimeSpan.FromSeconds(Math.Min(2, delay.TotalSeconds + 0.25));
                Log.Waiting(logger, exception.Message, delay);
                await Task.Delay(delay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
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
                // A file that can't be read or removed must not hold up the clicks of today.
                Log.Stuck(logger, exception, adopted.Folder);
            }
        }

        await DrainAsync(spools.Own, cancellationToken);
    }

    /// <summary>Publishes what is there now.</summary>
    private async Task DrainAsync(Spool spool, CancellationToken cancellationToken)
    {
        while (spool.Oldest is { } segment)
        {
            // Sealed before the end is read: after that it can't grow.
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
        var underWay = new Queue<Batch>();
        var offset = cursor.Position.Offset;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (offset < until || underWay.Count > 0)
            {
                while (offset < until && underWay.Count < MaxUnderWay)
                {
                    await _pace.WaitAsync(cancellationToken);
                    timeout.CancelAfter(PublishTimeout);
                    var isDecided = decided.TryDequeue(out var end);
                    var batch = Publish(spool, segment, offset, isDecided ? Math.Min(end, until) : until, isDecided, timeout.Token);
                    underWay.Enqueue(batch);
                    offset = batch.End;
                }

                await underWay.Peek().Confirmed;
                var confirmed = underWay.Dequeue();
                cursor.Confirm();
                telemetry.ClicksPublished(confirmed.Clicks);
                _oldestTicks = underWay.TryPeek(out var next) ? next.FirstTicks : 0;
            }
        }
        finally
        {
            // What is under way may still arrive. It is published again, under the same id.
            await Task.WhenAll(underWay.Select(batch => batch.Confirmed)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
                // Before analytics has started for the first time: the clicks stay in the spool.
                context.RequireQueue();
            },
            cancellationToken);
    }

    /// <param name="isDecided">The batch was begun before and reaches to the limit, whatever its size.</param>
    /// <param name="visits">Traces of visits among its clicks; null for none.</param>
    /// <returns>Where it ends.</returns>
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
                // The sum was right, so a newer version wrote it: not ours to understand.
                telemetry.ClickDropped("unreadable");
                Log.Unreadable(logger, exception, segment.Path, at);
            }
        }

        return offset;
    }

    private double LagSeconds()
    {
        var oldest = Volatile.Read(ref _oldestTicks);
        return oldest == 0 ? 0 : Math.Max(0, TimeSpan.FromTicks(time.GetUtcNow().UtcTicks - oldest).TotalSeconds);
    }

    /// <param name="FirstTicks">When its first click was, UTC.</param>
    private sealed record Batch(long End, int Clicks, long FirstTicks, Task Confirmed);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Clicks can't be published now ({Reason}); trying again in {Delay}.")]
        public static partial void Waiting(ILogger logger, string reason, TimeSpan delay);

        [LoggerMessage(LogLevel.Error, "The clicks in {Folder} can't be drained.")]
        public static partial void Stuck(ILogger logger, Exception exception, string folder);

        [LoggerMessage(LogLevel.Error, "A click in {Path} at {Offset} can't be read.")]
        public static partial void Unreadable(ILogger logger, Exception exception, string path, long offset);
    }
}
