using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Redirect.Routing;
using LinkShort.ServiceDefaults.Data;
using MassTransit;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace LinkShort.Redirect.ReadModel;

/// <summary>
/// Makes the read model when there is none (first start, lost database), and fills it from links. In the background: redirects are
/// answered meanwhile, from caches and by asking links. Comes back to look now and then, because a database can also be lost later.
/// An operator can have all links read again; a replica that dies during that leaves the rest to the others.
/// </summary>
public sealed partial class ReadModelBuilder(
    NpgsqlDataSource source, RouteStore store, LinksClient links, IBusControl bus, RedirectTelemetry telemetry, TimeProvider time,
    ILogger<ReadModelBuilder> logger)
    : BackgroundService, IHealthCheck
{
    private const int PageSize = 500;

    /// <summary>Links are read, and the thread may be one that reads visitors' sockets.</summary>
    private const int LinksInATurn = 64;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(10);

    private volatile bool _isComplete;
    private volatile TaskCompletionSource _requested = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Degraded while links may be missing in the read model: each of them costs a question to links.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_isComplete ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("The read model is being built."));

    /// <summary>Reads all links again in the background; redirects are answered from what is there.</summary>
    /// <param name="isForced">Removes the routes of links that links lacks, however many these are.</param>
    /// <returns>False while the read model is being built or rebuilt, by whichever replica.</returns>
    public async Task<bool> TryRestartAsync(bool isForced, CancellationToken cancellationToken)
    {
        var isStarted = await store.TryRestartAsync(isForced, cancellationToken);
        telemetry.RebuildRequested(isStarted);
        if (isStarted)
        {
            Log.Requested(logger, isForced);
            _requested.TrySetResult();
        }

        return isStarted;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var delay = TimeSpan.FromMilliseconds(250);
        var isMigrated = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!isMigrated)
                {
                    await Migrator.MigrateAsync(source, typeof(ReadModelBuilder).Assembly, stoppingToken);
                    isMigrated = true;
                }

                // Before the state is read: a request after that is not missed.
                if (_requested.Task.IsCompleted)
                {
                    _requested = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                await RebuildAsync(stoppingToken);
                delay = TimeSpan.FromMilliseconds(250);
                await _requested.Task.WaitAsync(LookInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it is, the tables may be missing too: a restored or new server.
                isMigrated = false;
                // A rebuild that waits for links leaves the read model as complete as it was.
                _isComplete = _isComplete && exception is HttpRequestException or IOException or JsonException or OperationCanceledException;
                Log.Waiting(logger, exception.Message, delay);
                await Task.Delay(delay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                delay = TimeSpan.FromSeconds(Math.Min(5, delay.TotalSeconds * 2));
            }
        }
    }

    private async Task RebuildAsync(CancellationToken cancellationToken)
    {
        var state = await store.RebuildStateAsync(cancellationToken);
        _isComplete = state.Finished;
        if (state.IsRunning)
        {
            // Our queues have to exist first: what changes behind the page that is being read comes by them.
            await bus.WaitForHealthStatus(BusHealthStatus.Healthy, cancellationToken);
        }

        while (state.IsRunning)
        {
            // Two replicas may do this at once: one of them applies the page, and both continue behind it.
            List<LinkSnapshot> page = [];
            await foreach (var link in links.ListAsync(state.LastLink, upTo: null, PageSize, cancellationToken))
            {
                page.Add(link);
                if (page.Count % LinksInATurn == 0)
                {
                    await Task.Yield();
                }
            }

            var isLast = page.Count < PageSize;
            // Counted after the last page: links may have lost its data while its pages were read.
            long? linkCount = !isLast ? null : state.IsAgain ? await links.CountAsync(cancellationToken) : page.Count;
            if (await store.ApplyPageAsync(state, page, linkCount, cancellationToken) is { } changes)
            {
                telemetry.PageApplied(changes);
                Log.Rebuilt(logger, page.Count, changes.Written, changes.Removed, isLast);
                if (isLast && state.IsAgain)
                {
                    telemetry.RebuildEnded(changes.IsRefused);
                    if (changes.IsRefused)
                    {
                        Log.Refused(logger, changes.Missing, linkCount!.Value);
                    }
                }
            }

            state = await store.RebuildStateAsync(cancellationToken);
            _isComplete = state.Finished;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The read model is not ready ({Reason}); trying again in {Delay}.")]
        public static partial void Waiting(ILogger logger, string reason, TimeSpan delay);

        [LoggerMessage(LogLevel.Information, "Read {Count} links from links: {Written} routes written, {Removed} removed; finished: {IsFinished}.")]
        public static partial void Rebuilt(ILogger logger, int count, int written, int removed, bool isFinished);

        [LoggerMessage(LogLevel.Warning, "An operator requested a rebuild of the read model; forced: {IsForced}.")]
        public static partial void Requested(ILogger logger, bool isForced);

        [LoggerMessage(LogLevel.Error, "The rebuild of the read model removed no routes: {Missing} links with routes here are missing in links, which has {Count}. Check that links has all its data, then rebuild again; force the rebuild if these links are really gone.")]
        public static partial void Refused(ILogger logger, long missing, long count);
    }
}
