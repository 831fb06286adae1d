using LinkShort.Redirect.Routing;
using LinkShort.ServiceDefaults;
using MassTransit;

namespace LinkShort.Redirect.ReadModel;

/// <summary>
/// What changed while Redis was away is still in it, in its old state, when it comes back. Such addresses are noted in the read
/// model; here they are put right, and the replicas told again, because one may have read the old state in between.
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
