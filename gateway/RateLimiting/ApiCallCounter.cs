using System.Collections.Concurrent;
using System.Security.Claims;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Messaging;
using MassTransit;

namespace LinkShort.Gateway.RateLimiting;

/// <summary>
/// Counts the calls of each workspace, in memory, and publishes them every few seconds and when the gateway stops. Nothing is limited by these counts,
/// so a gateway that is killed may lose the last of them.
/// </summary>
internal sealed partial class ApiCallCounter(IServiceProvider services, TimeProvider time, ILogger<ApiCallCounter> logger) : BackgroundJob("Reporting API calls", time, logger)
{
    private const int BatchSize = 1_000;

    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(Guid Workspace, DateOnly Month), long> _calls = new();

    /// <summary>Taken out of the counts, but not confirmed by the broker yet.</summary>
    private ApiCallsCounted? _unconfirmed;

    protected override TimeSpan Interval => TimeSpan.FromSeconds(10);

    protected override TimeSpan FirstAfter => Interval;

    public void Count(ClaimsPrincipal user)
    {
        if (Guid.TryParse(user.FindFirst(Tokens.Claims.Workspace)?.Value, out var workspace))
        {
            var now = Time.GetUtcNow();
            _calls.AddOrUpdate((workspace, new DateOnly(now.Year, now.Month, 1)), 1, static (_, calls) => calls + 1);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            // The bus was registered earlier, so it stops later.
            await RunAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is OperationCanceledException || Outages.IsOutage(exception))
        {
            Log.NotReported(Logger, exception);
        }
    }

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        // Without the broker nothing is tried: its own health check reports it.
        while ((_unconfirmed ??= Take()) is { } batch && services.GetService<IBusControl>() is { } bus && bus.CheckHealth().Status is BusHealthStatus.Healthy)
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(PublishTimeout);
            await bus.Publish(batch, context =>
            {
                // Published twice, a batch counts once.
                context.MessageId = batch.BatchId;
                context.RequireQueue();
            }, timeout.Token);
            _unconfirmed = null;
        }
    }

    /// <returns>Null if nothing was counted.</returns>
    private ApiCallsCounted? Take()
    {
        var months = _calls.Keys.Select(key => key.Month).ToList();
        if (months.Count == 0)
        {
            return null;
        }

        var month = months.Min();
        var taken = new List<WorkspaceCalls>();
        foreach (var key in _calls.Keys.Where(key => key.Month == month).Take(BatchSize))
        {
            if (_calls.TryRemove(key, out var calls))
            {
                taken.Add(new WorkspaceCalls(key.Workspace, calls));
            }
        }

        return new ApiCallsCounted(Guid.CreateVersion7(Time.GetUtcNow()), month, taken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The last API calls could not be reported before the stop.")]
        public static partial void NotReported(ILogger logger, Exception exception);
    }
}
