using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The state of every replica of every resource, and every change of it.</summary>
public sealed class ResourceNotificationService
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Channel<ResourceEvent>> _watchers = [];

    /// <summary>The replicas of a resource, in order. Set when the application starts.</summary>
    internal Func<string, IReadOnlyList<string>> ReplicaIds { get; set; } = name => [name];

    /// <summary>The end of a replica's console log, for failures. Set when the application starts.</summary>
    internal Func<string, string> LastLines { get; set; } = _ => "";

    /// <summary>The state now of all replicas, then every change. Never ends by itself.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateUnbounded<ResourceEvent>(new UnboundedChannelOptions { SingleReader = true });
        lock (_gate)
        {
            foreach (var known in _current.Values)
            {
                channel.Writer.TryWrite(known);
            }

            _watchers.Add(channel);
        }

        try
        {
            await foreach (var change in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return change;
            }
        }
        finally
        {
            lock (_gate)
            {
                _watchers.Remove(channel);
            }
        }
    }

    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent) =>
        _current.TryGetValue(resourceId, out resourceEvent);

    /// <summary>All replicas of all resources as they are now, by id.</summary>
    public IReadOnlyCollection<ResourceEvent> Snapshot() => [.. _current.Values];

    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory) =>
        PublishUpdateAsync(resource, resource.Name, stateFactory);

    public Task PublishUpdateAsync(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        lock (_gate)
        {
            var before = _current.TryGetValue(resourceId, out var known) ? known.Snapshot : new CustomResourceSnapshot { ResourceType = "" };
            var after = stateFactory(before);
            if (!ReferenceEquals(before, after))
            {
                var change = new ResourceEvent(resource, resourceId, after);
                _current[resourceId] = change;
                foreach (var watcher in _watchers)
                {
                    watcher.Writer.TryWrite(change);
                }
            }
        }

        return Task.CompletedTask;
    }

    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    /// <returns>The state that was reached.</returns>
    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var states = targetStates.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var reached = await WaitForResourceAsync(resourceName, change => change.Snapshot.State is { } state && states.Contains(state.Text), cancellationToken);
        return reached.Snapshot.State!.Text;
    }

    /// <summary>Waits for a change of any replica that the predicate accepts.</summary>
    public async Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        await foreach (var change in WatchAsync(cancellationToken))
        {
            if (Names(change, resourceName) && predicate(change))
            {
                return change;
            }
        }

        throw new OperationCanceledException("The application was disposed while waiting.", cancellationToken);
    }

    /// <summary>Waits until all replicas run and are healthy.</summary>
    /// <exception cref="DistributedApplicationException">One of them failed to start.</exception>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default)
    {
        await foreach (var change in WatchAsync(cancellationToken))
        {
            if (!Names(change, resourceName))
            {
                continue;
            }

            if (change.Snapshot.State?.Text == KnownResourceStates.FailedToStart)
            {
                throw new DistributedApplicationException($"Resource '{change.ResourceId}' failed to start{(change.Snapshot.ExitCode is { } code ? $": exit code {code}" : "")}. Its last lines:\n{LastLines(change.ResourceId)}");
            }

            if (ReplicaIds(change.Resource.Name).All(IsHealthy))
            {
                return change;
            }
        }

        throw new OperationCanceledException("The application was disposed while waiting.", cancellationToken);
    }

    internal bool IsHealthy(string resourceId) =>
        TryGetCurrentState(resourceId, out var current)
        && current.Snapshot.State?.Text is KnownResourceStates.Running or KnownResourceStates.Active
        && current.Snapshot.HealthStatus == HealthStatus.Healthy;

    private static bool Names(ResourceEvent change, string resourceName) =>
        string.Equals(change.Resource.Name, resourceName, StringComparison.OrdinalIgnoreCase)
        || string.Equals(change.ResourceId, resourceName, StringComparison.OrdinalIgnoreCase);
}
