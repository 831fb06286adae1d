using LinkShort.Redirect.Routing;
using LinkShort.ServiceDefaults;
using MassTransit;

namespace LinkShort.Redirect.ReadModel;

/// <summary>
/// Updates Redis with changes that were made while it was unavailable; until then it returns the old state. Such short URLs are recorded in the
/// read model. Each is published to the replicas again, because one may have read the old state in between.
/// </summary>
public sealed class CacheRepair(
    RouteStore store, RouteUpdates updates, IBus bus, TimeProvider time, ILogger<CacheRepair> logger)
    : BackgroundJob("Repairing cached routes", time, logger)
{
    private const int BatchSize = 500;

    protected override TimeSpan Interval => TimeSpan.FromMilliseconds(500);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var repair in await store.RepairsAsync(BatchSize, cancellationToken))
        {
            if (!await updates.RefreshAsync([new RouteKey(repair.Domain, repair.Code)], bus, cancellationToken))
            {
                break;
            }

            await store.RemoveRepairAsync(repair, cancellationToken);
        }
    }
}
