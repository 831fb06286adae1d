using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Hosting;

/// <summary>Acts on what happens to resources.</summary>
internal interface IResourceFollower
{
    /// <summary>Called for each change, one after the other; the states that there are at the start come first.</summary>
    Task TakeAsync(ResourceEvent change, CancellationToken cancellationToken);
}

/// <summary>Watches the resources, once for everything that follows them.</summary>
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
