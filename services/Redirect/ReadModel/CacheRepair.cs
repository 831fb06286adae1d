using LinkShort.Redirect.Routing;
using MassTransit;
using Npgsql;

namespace LinkShort.Redirect.ReadModel;

/// <summary>
/// What changed while Redis was away is still in it, in its old state, when it comes back. Such addresses are noted in the read
/// model; here they are put right, and the replicas told again, because one may have read the old state in between.
/// </summary>
public sealed partial class CacheRepair(
    RouteStore store, RouteUpdates updates, IBus bus, TimeProvider time, ILogger<CacheRepair> logger) : BackgroundService
{
    private const int BatchSize = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await NextAsync(timer, stoppingToken))
        {
            try
            {
                foreach (var repair in await store.RepairsAsync(BatchSize, stoppingToken))
                {
                    if (!await updates.RefreshAsync([new RouteKey(repair.Domain, repair.Code)], bus, stoppingToken))
                    {
                        break;
                    }

                    await store.RemoveRepairAsync(repair, stoppingToken);
                }
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or OperationCanceledException or RabbitMqConnectionException)
            {
                Log.Later(logger, exception.Message);
            }
        }
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Cached routes are repaired later: {Reason}")]
        public static partial void Later(ILogger logger, string reason);
    }
}
