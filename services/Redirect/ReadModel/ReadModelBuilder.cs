using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Redirect.Routing;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using MassTransit;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace LinkShort.Redirect.ReadModel;

/// <summary>
/// Creates the read model when there is none (first start, lost database) and fills it from links, in the background: meanwhile redirects
/// are answered from caches and by asking links. It checks at intervals, because a database can also be lost later. An operator can
/// have all links read again; if a replica dies during a rebuild, another completes it.
/// </summary>
public sealed partial class ReadModelBuilder(
    NpgsqlDataSource source, RouteStore store, LinksClient links, IBusControl bus, RedirectTelemetry telemetry, TimeProvider time,
    ILogger<ReadModelBuilder> logger)
    : BackgroundJob("Building the read model", time, logger), IHealthCheck
{
    private const int PageSize = 500;

    /// <summary>Links read before the thread is yielded: it may be one that reads visitors' sockets.</summary>
    private const int LinksPerYield = 64;

    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(10);

    private readonly Signal _requested = new();
    private bool _isMigrated;
    private volatile bool _isComplete;

    /// <summary>Degraded while links may be missing in the read model: each of them costs a request to links.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_isComplete ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("The read model is being built."));

    /// <summary>Reads all links again in the background; redirects are answered from the existing routes.</summary>
    /// <param name="isForced">Removes the routes of links that links lacks, however many these are.</param>
    /// <returns>False while any replica is building or rebuilding the read model.</returns>
    public async Task<bool> TryRestartAsync(bool isForced, CancellationToken cancellationToken)
    {
        var isStarted = await store.TryRestartAsync(isForced, cancellationToken);
        telemetry.RebuildRequested(isStarted);
        if (isStarted)
        {
            Log.Requested(Logger, isForced);
            _requested.Raise();
        }

        return isStarted;
    }

    public override void Dispose()
    {
        _requested.Dispose();
        base.Dispose();
    }

    protected override TimeSpan Interval => CheckInterval;

    protected override TimeSpan LongestRetry => _isMigrated ? CheckInterval : TimeSpan.FromSeconds(5);

    protected override Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _requested.WaitAsync(atMost, cancellationToken);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!_isMigrated)
            {
                await Migrator.MigrateAsync(source, typeof(ReadModelBuilder).Assembly, cancellationToken);
                _isMigrated = true;
            }

            await RebuildAsync(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // After any error the tables may be missing, as on a restored or new server.
            _isMigrated = false;
            // A rebuild that waits for links leaves the read model as complete as it was.
            _isComplete = _isComplete && exception is HttpRequestException or IOException or JsonException or OperationCanceledException;
            throw;
        }
    }

    private async Task RebuildAsync(CancellationToken cancellationToken)
    {
        var state = await store.RebuildStateAsync(cancellationToken);
        _isComplete = state.Finished;
        if (state.IsRunning)
        {
            // The queues must exist first: changes to links before the current page arrive through them.
            await bus.WaitForHealthStatus(BusHealthStatus.Healthy, cancellationToken);
        }

        while (state.IsRunning)
        {
            // If two replicas read the same page, one of them applies it and both continue with the next.
            var page = await ReadPageAsync(state.LastLink, cancellationToken);
            var isLast = page.Count < PageSize;
            // Counted after the last page: links may have lost its data while its pages were read.
            long? linkCount = !isLast ? null : state.IsAgain ? await links.CountAsync(cancellationToken) : page.Count;
            if (await store.ApplyPageAsync(state, page, linkCount, cancellationToken) is { } changes)
            {
                Report(state, page.Count, changes, linkCount);
            }

            state = await store.RebuildStateAsync(cancellationToken);
            _isComplete = state.Finished;
        }
    }

    private async Task<List<LinkSnapshot>> ReadPageAsync(Guid? after, CancellationToken cancellationToken)
    {
        List<LinkSnapshot> page = [];
        await foreach (var link in links.ListAsync(after, upTo: null, PageSize, cancellationToken))
        {
            page.Add(link);
            if (page.Count % LinksPerYield == 0)
            {
                await Task.Yield();
            }
        }

        return page;
    }

    /// <param name="linkCount">With the last page: how many links there are.</param>
    private void Report(RebuildState state, int read, PageChanges changes, long? linkCount)
    {
        telemetry.PageApplied(changes);
        Log.PageApplied(Logger, read, changes.Written, changes.Removed, linkCount is not null);
        if (linkCount is not null && state.IsAgain)
        {
            telemetry.RebuildEnded(changes.IsRefused);
            if (changes.IsRefused)
            {
                Log.Refused(Logger, changes.Missing, linkCount.Value);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Read {Count} links from links: {Written} routes written, {Removed} removed; finished: {IsFinished}.")]
        public static partial void PageApplied(ILogger logger, int count, int written, int removed, bool isFinished);

        [LoggerMessage(LogLevel.Warning, "An operator requested a rebuild of the read model; forced: {IsForced}.")]
        public static partial void Requested(ILogger logger, bool isForced);

        [LoggerMessage(LogLevel.Error, "The rebuild of the read model removed no routes: {Missing} links with routes here are missing in links, which has {Count}. Check that links has all its data, then rebuild again; force the rebuild if these links are really gone.")]
        public static partial void Refused(ILogger logger, long missing, long count);
    }
}
