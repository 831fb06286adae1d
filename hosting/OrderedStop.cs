using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Hosting;

/// <summary>
/// Stops each resource after those that waited for it at the start, so that services stop while their servers still run.
/// Aspire stops all resources at the same time.
/// </summary>
internal sealed class OrderedStop(DistributedApplicationModel model, ResourceNotificationService notifications, IServiceProvider services) : IHostedLifecycleService
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(25);
    private static readonly string?[] HaveProcesses = [KnownResourceStates.Starting, KnownResourceStates.Running, KnownResourceStates.RuntimeUnhealthy, KnownResourceStates.Stopping];

    private int _hasStarted;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Called before any service of the host stops, including the orchestrator.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Aspire's test host stops a model twice; the second time there is no orchestrator, and commands would wait for it for 20 s.
        if (Interlocked.Exchange(ref _hasStarted, 1) == 1)
        {
            return Task.CompletedTask;
        }

        var processes = model.Resources
            // The dashboard collects what services export while they stop; the orchestrator stops it last.
            .Where(resource => resource is ProjectResource or ExecutableResource && !resource.IsDashboard()
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
                var first = dependents[resource.Name].Where(dependent => processes.ContainsKey(dependent.Name)).Select(Stop).ToArray();
                stops[resource.Name] = stop = StopAfterAsync(first, resource, cancellationToken);
            }

            return stop;
        }
    }

    /// <summary>A database's server; any other resource itself.</summary>
    private static IResource ServerOf(IResource resource) => resource is IResourceWithParent child ? ServerOf(child.Parent) : resource;

    private async Task StopAfterAsync(Task[] dependents, IResource resource, CancellationToken cancellationToken)
    {
        await Task.WhenAll(dependents);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            // A resource that still waits for others has no process, and Aspire's command would wait for one.
            var current = await notifications.WaitForResourceAsync(resource.Name, _ => true, limit.Token);
            if (!HaveProcesses.Contains(current.Snapshot.State?.Text))
            {
                return;
            }

            var stop = await services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(resource, KnownResourceCommands.StopCommand, limit.Token);
            if (stop.Success)
            {
                // After a cancelled start no more states are reported.
                await await Task.WhenAny(
                    notifications.WaitForResourceAsync(resource.Name, KnownResourceStates.TerminalStates, limit.Token),
                    ExitAsync(State.ProcessOf(current.Snapshot), limit.Token));
            }
        }
        catch (OperationCanceledException)
        {
            // The orchestrator stops the remaining processes.
        }
    }

    /// <summary>Waits until the process has exited; forever without a process id, because then only the state shows it.</summary>
    private static async Task ExitAsync(int? process, CancellationToken cancellationToken)
    {
        while (process is null || Directory.Exists($"/proc/{process}"))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
        }
    }
}
