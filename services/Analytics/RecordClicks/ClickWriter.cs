using System.Threading.Channels;
using LinkShort.Contracts;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LinkShort.Analytics.RecordClicks;

/// <summary>
/// Group commit: all batches that wait are stored in one transaction, so a flood costs few round trips and touches the rows of
/// a hot link once per group; a lone batch is stored at once. While PostgreSQL is away the batches wait here and in RabbitMQ.
/// </summary>
public sealed partial class ClickWriter(
    ClickStore store, IOptions<AnalyticsOptions> options, TimeProvider time, ILogger<ClickWriter> logger) : BackgroundService
{
    private readonly Channel<Pending> _pending = Channel.CreateUnbounded<Pending>();

    /// <returns>When the batch is committed, now or by an earlier delivery.</returns>
    /// <exception cref="ArgumentException">Not a batch: it goes to the error queue.</exception>
    /// <exception cref="OperationCanceledException">The service stops; the batch stays in RabbitMQ.</exception>
    public Task StoreAsync(ClicksRecorded batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Packed is { } packed)
        {
            batch = new ClicksRecorded(batch.BatchId, ClickBatch.Unpack(packed));
        }

        if (batch.Clicks is null)
        {
            throw new ArgumentException("The batch has no clicks.", nameof(batch));
        }

        var pending = new Pending(batch, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
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
            // The group in hand was told; its messages come again.
        }
    }

    private List<Pending> TakeGroup()
    {
        var group = new List<Pending>();
        for (var clicks = 0; clicks < options.Value.ClicksPerTransaction && _pending.Reader.TryRead(out var next); clicks += next.Batch.Clicks.Count)
        {
            group.Add(next);
        }

        return group;
    }

    private async Task WriteGroupAsync(IReadOnlyList<Pending> group, CancellationToken stoppingToken)
    {
        for (var delay = TimeSpan.FromMilliseconds(50); ; delay = TimeSpan.FromSeconds(Math.Min(5, delay.TotalSeconds * 2)))
        {
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
            catch (Exception exception) when (exception is NpgsqlException { IsTransient: true } or TimeoutException)
            {
                Log.Waiting(logger, exception.Message, group.Count, delay);
                await Task.Delay(delay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception exception) when (group.Count > 1)
            {
                // One bad batch must not take the others to the error queue with it.
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

    private sealed record Pending(ClicksRecorded Batch, TaskCompletionSource Stored);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The database can't take clicks now ({Reason}): {Batches} batches wait, trying again in {Delay}.")]
        public static partial void Waiting(ILogger logger, string reason, int batches, TimeSpan delay);

        [LoggerMessage(LogLevel.Warning, "A group of {Batches} batches failed; storing them one by one.")]
        public static partial void Separating(ILogger logger, Exception exception, int batches);
    }
}
