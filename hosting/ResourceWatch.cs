using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Hosting;

/// <summary>Reacts to changes of resources.</summary>
internal interface IResourceFollower
{
    /// <summary>Called for each change, one at a time, first with the states at the start.</summary>
    Task TakeAsync(ResourceEvent change, CancellationToken cancellationToken);
}

/// <summary>Watches the resources once for all followers.</summary>
internal sealed class ResourceWatch(ResourceNotificationService notifications, IEnumerable<IResourceFollower> followers) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var change in notifications.WatchAsync(stoppingToken))
            {
                foreach (var follower in followers)
                {
                    await follower.TakeAsync(change, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}
