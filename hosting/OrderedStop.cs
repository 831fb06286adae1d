using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Hosting;

/// <summary>
/// Stops a resource when everything that waited for it at the start has stopped, so that services end with their servers still there.
/// Aspire stops all at the same time.
/// </summary>
internal sealed class OrderedStop(DistributedApplicationModel model, ResourceNotificationService notifications, IServiceProvider services) : IHostedLifecycleService
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(25);
    private static readonly string?[] HaveProcesses = [KnownResourceStates.Starting, KnownResourceStates.Running, KnownResourceStates.RuntimeUnhealthy, KnownResourceStates.Stopping];

    private int _hasBegun;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Before any service of the host stops, the orchestrator's included.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Aspire's test host stops a model twice; the second time there is no orchestrator, which commands wait for 20 s.
        if (Interlocked.Exchange(ref _hasBegun, 1) == 1)
        {
            return Task.CompletedTask;
        }

        var processes = model.Resources
            // The dashboard collects what services export while they stop; the orchestrator ends it at last.
            .Where(resource => resource is ProjectResource or ExecutableResource && resource.Name != "aspire-dashboard"
                && !resource.Annotations.OfType<ExplicitStartupAnnotation>().Any())
            .ToDictionary(resource => resource.Name, StringComparer.Ordinal);
        var dependents = processes.Values
            .SelectMany(resource => resource.Annotations.OfType<WaitAnnotation>().Select(wait => (Dependent: resource, On: ServerOf(wait.Resource).Name)))
            .ToLookup(pair => pair.On, pair => pair.Dependent, StringComparer.Ordinal);
        var stops = new Dictionary<string, Task>(StringComparer.Ordinal);
        return Task.WhenAll(processes.Values.Select(Stop));

        Task Stop(IResource resource)
        {
            if (!stops.TryGetValue(resource.Name, out var stop))
            {
                stops[resource.Name] = stop = StopAfterAsync(dependents[resource.Name].Where(dependent => processes.ContainsKey(dependent.Name)).Select(Stop).ToArray(), resource, cancellationToken);
            }

            return stop;
        }
    }

    /// <summary>What waits for a database waits for its server.</summary>
    private static IResource ServerOf(IResource resource) => resource is IResourceWithParent child ? ServerOf(child.Parent) : resource;

    private async Task StopAfterAsync(Task[] dependents, IResource resource, CancellationToken cancellationToken)
    {
        await Task.WhenAll(dependents);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            // What waits for others has no process, and Aspire's command would wait for it to have one.
            var current = await notifications.WaitForResourceAsync(resource.Name, _ => true, limit.Token);
            if (!HaveProcesses.Contains(current.Snapshot.State?.Text))
            {
                return;
            }

            var stop = await services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(resource, KnownResourceCommands.StopCommand, limit.Token);
            if (stop.Success)
            {
                // Of a start that was cancelled, no states are reported any more.
                await await Task.WhenAny(
                    notifications.WaitForResourceAsync(resource.Name, KnownResourceStates.TerminalStates, limit.Token),
                    EndAsync(State.ProcessOf(current.Snapshot), limit.Token));
            }
        }
        catch (OperationCanceledException)
        {
            // The orchestrator ends what is left.
        }
    }

    /// <summary>Without a process id, only the state tells.</summary>
    private static async Task EndAsync(int? process, CancellationToken cancellationToken)
    {
        while (process is null || Directory.Exists($"/proc/{process}"))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
    }
}
