using LinkShort.Contracts;
using MassTransit;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Clicks;

/// <summary>
/// Brings the spooled clicks to the broker, oldest first, in batches of at most 500. The cursor moves after the broker's confirm; a batch
/// whose confirm was never seen goes out again as exactly the same batch under the same id. The broker away: the spool grows.
/// </summary>
public sealed partial class ClickPublisher(
    ClickSpool spools, IBus bus, RedirectTelemetry telemetry, IOptions<RedirectOptions> options, TimeProvider time, ILogger<ClickPublisher> logger)
    : BackgroundService
{
    private const int BatchSize = 500;
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LastPublishTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AdoptInterval = TimeSpan.FromSeconds(10);

    private long _oldestTicks;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        telemetry.Observe(() => spools.Quota.Used, LagSeconds);
        var flushing = FlushAsync(stoppingToken);
        await DrainForeverAsync(stoppingToken);
        await flushing;

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
                delay = TimeSpan.FromSeconds(Math.Min(5, delay.TotalSeconds + 0.25));
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

    private async Task DrainAsync(Spool spool, CancellationToken cancellationToken)
    {
        while (spool.Oldest is { } segment)
        {
            var position = spool.Cursor.Position;
            if (segment.Number != position.Segment)
            {
                position = new SpoolPosition(segment.Number, SpoolSegment.HeaderSize, 0);
            }

            // Sealed before the end is read: after that it can't grow.
            var isSealed = segment.IsSealed;
            var committed = segment.Committed;
            if (position.Offset >= committed)
            {
                _oldestTicks = 0;
                if (!isSealed)
                {
                    return;
                }

                spool.RemoveOldest();
                continue;
            }

            await PublishAsync(spool, segment, position, committed, cancellationToken);
        }
    }

    private async Task PublishAsync(Spool spool, SpoolSegment segment, SpoolPosition position, long committed, CancellationToken cancellationToken)
    {
        var clicks = Read(spool.Ids, segment, position, committed, out var end);
        if (position.BatchEnd != end)
        {
            position = position with { BatchEnd = end };
            spool.Cursor.Move(position);
        }

        if (clicks.Count > 0)
        {
            _oldestTicks = clicks[0].At.UtcTicks;
            var batchId = spool.Ids.Batch(clicks[0].At, segment.Number, position.Offset, end);
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(PublishTimeout);
            await bus.Publish(
                new ClicksRecorded(batchId, clicks),
                context =>
                {
                    context.MessageId = batchId;
                    // Returned, not thrown away, when no queue is bound: before analytics has started for the first time.
                    if (context.TryGetPayload<RabbitMqSendContext>(out var rabbit))
                    {
                        rabbit.Mandatory = true;
                    }
                },
                timeout.Token);
            telemetry.ClicksPublished(clicks.Count);
        }

        spool.Cursor.Move(new SpoolPosition(segment.Number, end, 0));
    }

    private List<Click> Read(ClickIds ids, SpoolSegment segment, SpoolPosition position, long committed, out long end)
    {
        List<Click> clicks = [];
        var limit = position.BatchEnd > position.Offset ? Math.Min(position.BatchEnd, committed) : committed;
        end = position.Offset;
        while (end < limit && clicks.Count < BatchSize)
        {
            var offset = end;
            var record = segment.Read(offset, out end);
            try
            {
                clicks.Add(ClickRecord.Read(record, at => ids.Click(at, segment.Number, offset)));
            }
            catch (Exception exception) when (exception is InvalidDataException or ArgumentOutOfRangeException)
            {
                // The sum was right, so a newer version wrote it: not ours to understand.
                telemetry.ClickDropped("unreadable");
                Log.Unreadable(logger, exception, segment.Path, offset);
            }
        }

        return clicks;
    }

    private double LagSeconds()
    {
        var oldest = Volatile.Read(ref _oldestTicks);
        return oldest == 0 ? 0 : Math.Max(0, TimeSpan.FromTicks(time.GetUtcNow().UtcTicks - oldest).TotalSeconds);
    }

    private async Task FlushAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(FlushInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                spools.Own.Flush();
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the service.
        }
    }

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
