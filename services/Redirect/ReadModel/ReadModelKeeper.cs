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
/// </summary>
public sealed partial class ReadModelKeeper(
    NpgsqlDataSource source, RouteStore store, LinksClient links, IBusControl bus, TimeProvider time, ILogger<ReadModelKeeper> logger)
    : BackgroundService, IHealthCheck
{
    private const int PageSize = 500;

    /// <summary>Links are read, and the thread may be one that reads visitors' sockets.</summary>
    private const int LinksInATurn = 64;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(10);

    private volatile bool _isComplete;

    /// <summary>Degraded while links may be missing in the read model: each of them costs a question to links.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_isComplete ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("The read model is being built."));

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
                    await Migrator.MigrateAsync(source, typeof(ReadModelKeeper).Assembly, stoppingToken);
                    isMigrated = true;
                }

                await RebuildAsync(stoppingToken);
                _isComplete = true;
                delay = TimeSpan.FromMilliseconds(250);
                await Task.Delay(LookInterval, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it is, the tables may be missing too: a restored or new server.
                isMigrated = false;
                _isComplete = false;
                Log.Waiting(logger, exception.Message, delay);
                await Task.Delay(delay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                delay = TimeSpan.FromSeconds(Math.Min(5, delay.TotalSeconds * 2));
            }
        }
    }

    private async Task RebuildAsync(CancellationToken cancellationToken)
    {
        var (isFinished, after) = await store.RebuildStateAsync(cancellationToken);
        if (!isFinished)
        {
            // Our queues have to exist first: what changes behind the page that is being read comes by them.
            await bus.WaitForHealthStatus(BusHealthStatus.Healthy, cancellationToken);
        }

        while (!isFinished)
        {
            // Two replicas may do this at once: the same page twice changes nothing.
            List<LinkSnapshot> page = [];
            await foreach (var link in links.ListAsync(after, PageSize, cancellationToken))
            {
                page.Add(link);
                if (page.Count % LinksInATurn == 0)
                {
                    await Task.Yield();
                }
            }

            isFinished = page.Count < PageSize;
            await store.ApplyPageAsync(page, isFinished, cancellationToken);
            after = page.Count == 0 ? after : page[^1].LinkId;
            Log.Rebuilt(logger, page.Count, isFinished);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The read model is not ready ({Reason}); trying again in {Delay}.")]
        public static partial void Waiting(ILogger logger, string reason, TimeSpan delay);

        [LoggerMessage(LogLevel.Information, "Took {Count} links over from links; finished: {IsFinished}.")]
        public static partial void Rebuilt(ILogger logger, int count, bool isFinished);
    }
}
