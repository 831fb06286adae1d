using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Hosting;

/// <summary>
/// Stops whatever waited for others before those others, so that services end with their servers still there. Aspire stops all at
/// the same time.
/// </summary>
internal sealed class OrderedStop(DistributedApplicationModel model, ResourceNotificationService notifications, IServiceProvider services) : IHostedLifecycleService
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(25);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Before any service of the host stops, the orchestrator's included.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var depths = new Dictionary<string, int>(StringComparer.Ordinal);
        var processes = model.Resources.Where(resource => resource is ProjectResource or ExecutableResource);
        foreach (var level in processes.GroupBy(resource => Depth(resource, depths)).OrderByDescending(group => group.Key))
        {
            await Task.WhenAll(level.Select(resource => StopResourceAsync(resource, cancellationToken)));
        }
    }

    private static int Depth(IResource resource, Dictionary<string, int> known)
    {
        if (!known.TryGetValue(resource.Name, out var depth))
        {
            known[resource.Name] = 0;
            known[resource.Name] = depth = resource.Annotations.OfType<WaitAnnotation>().Select(wait => Depth(wait.Resource, known) + 1).DefaultIfEmpty(0).Max();
        }

        return depth;
    }

    private async Task StopResourceAsync(IResource resource, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            await services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(resource, KnownResourceCommands.StopCommand, limit.Token);
            await notifications.WaitForResourceAsync(resource.Name, KnownResourceStates.TerminalStates, limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The orchestrator ends what is left.
        }
    }
}
