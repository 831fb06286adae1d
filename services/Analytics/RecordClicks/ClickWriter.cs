using System.Threading.Channels;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace LinkShort.Analytics.RecordClicks;

/// <summary>
/// Group commit: waiting batches are stored in one transaction, so a flood costs few round trips; a single batch is stored immediately.
/// While PostgreSQL is unavailable, batches wait here and in RabbitMQ. After half an hour RabbitMQ closes the channel and delivers them again; the
/// earlier deliveries are dropped here, so that a long outage holds no batch twice. Not a <see cref="BackgroundJob"/>: several writers
/// consume one channel, and when the service stops, waiting deliveries must be cancelled.
/// </summary>
public sealed partial class ClickWriter(
    ClickStore store, IOptions<AnalyticsOptions> options, TimeProvider time, ILogger<ClickWriter> logger) : BackgroundService
{
    private readonly Channel<Pending> _pending = Channel.CreateUnbounded<Pending>();

    private int _waitingClicks;
    private long _received;

    /// <summary>Clicks received since the start, duplicates included.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>More clicks wait than the next transaction takes.</summary>
    public bool IsBehind => Volatile.Read(ref _waitingClicks) > options.Value.ClicksPerTransaction;

    /// <returns>Completes when the batch is committed, by this or an earlier delivery.</returns>
    /// <exception cref="ArgumentException">Not a batch: the message is parked.</exception>
    /// <exception cref="InvalidDataException">Damaged: the message is parked.</exception>
    /// <exception cref="OperationCanceledException">The service is stopping, or the delivery was cancelled; the batch stays in RabbitMQ.</exception>
    public Task StoreAsync(ClicksRecorded message, CancellationToken cancellationToken)
    {
        var batch = ReceivedBatch.Of(message);
        var pending = new Pending(batch, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), cancellationToken);
        Interlocked.Add(ref _waitingClicks, batch.Clicks.Rows.Length);
        Interlocked.Add(ref _received, batch.Clicks.Rows.Length);
        return _pending.Writer.TryWrite(pending)
            ? pending.Stored.Task.WaitAsync(cancellationToken)
            : throw new OperationCanceledException("The service is stopping.");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(Enumerable.Range(0, options.Value.Writers).Select(_ => WriteAsync(stoppingToken)));
        }
        finally
        {
            _pending.Writer.TryComplete();
            while (_pending.Reader.TryRead(out var left))
            {
                left.Stored.TrySetCanceled(CancellationToken.None);
            }
        }
    }

    private async Task WriteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _pending.Reader.WaitToReadAsync(stoppingToken))
            {
                var group = TakeGroup();
                if (group.Count > 0)
                {
                    await WriteGroupAsync(group, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The group in progress was cancelled; its messages are delivered again.
        }
    }

    private List<Pending> TakeGroup()
    {
        var group = new List<Pending>();
        var clicks = 0;
        for (; clicks < options.Value.ClicksPerTransaction && _pending.Reader.TryRead(out var next); clicks += next.Batch.Clicks.Rows.Length)
        {
            group.Add(next);
        }

        Interlocked.Add(ref _waitingClicks, -clicks);
        return group;
    }

    private async Task WriteGroupAsync(List<Pending> group, CancellationToken stoppingToken)
    {
        for (var delay = TimeSpan.FromMilliseconds(50); ; delay = TimeSpan.FromSeconds(Math.Min(2, delay.TotalSeconds * 2)))
        {
            group.RemoveAll(pending => pending.Delivery.IsCancellationRequested);
            if (group.Count == 0)
            {
                return;
            }

            try
            {
                await store.StoreAsync([.. group.Select(pending => pending.Batch)], stoppingToken);
                foreach (var pending in group)
                {
                    pending.Stored.TrySetResult();
                }

                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                foreach (var pending in group)
                {
                    pending.Stored.TrySetCanceled(stoppingToken);
                }

                throw;
            }
            catch (Exception exception) when (Outages.IsOutage(exception) || Outages.IsContention(exception))
            {
                Log.Waiting(logger, exception.Message, group.Count, delay);
                await Task.Delay(delay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception exception) when (group.Count > 1)
            {
                // One bad batch must not have the others parked with it.
                Log.Separating(logger, exception, group.Count);
                foreach (var pending in group)
                {
                    await WriteGroupAsync([pending], stoppingToken);
                }

                return;
            }
            catch (Exception exception)
            {
                group[0].Stored.TrySetException(exception);
                return;
            }
        }
    }

    /// <param name="Delivery">Cancelled when RabbitMQ delivers the batch again, here or elsewhere.</param>
    private sealed record Pending(ReceivedBatch Batch, TaskCompletionSource Stored, CancellationToken Delivery);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Storing {Batches} batches of clicks failed ({Reason}); the next attempt is in {Delay}.")]
        public static partial void Waiting(ILogger logger, string reason, int batches, TimeSpan delay);

        [LoggerMessage(LogLevel.Warning, "A group of {Batches} batches failed; storing them one by one.")]
        public static partial void Separating(ILogger logger, Exception exception, int batches);
    }
}
