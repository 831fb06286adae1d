using LinkShort.Contracts;
using LinkShort.Redirect.Routing;
using MassTransit;

namespace LinkShort.Redirect.ReadModel;

/// <summary>
/// From an event to every cache: the read model first, then Redis, then the memory of each replica. Each step can be done again
/// without harm, and a message that comes again does all of them.
/// </summary>
public sealed class RouteUpdates(RouteStore store, SharedRouteCache shared, RouteTable routes)
{
    public async Task ApplyAsync(LinkSnapshot link, IPublishEndpoint replicas, CancellationToken cancellationToken) =>
        await RefreshAsync(await store.ApplyAsync(link, cancellationToken), replicas, cancellationToken);

    public async Task RemoveAsync(LinkRemoved link, IPublishEndpoint replicas, CancellationToken cancellationToken) =>
        await RefreshAsync(await store.RemoveAsync(link, cancellationToken), replicas, cancellationToken);

    /// <summary>Tells the caches what the read model says now.</summary>
    /// <returns>False when Redis couldn't be told; noted for <see cref="CacheRepair"/>.</returns>
    public async Task<bool> RefreshAsync(IReadOnlyCollection<RouteKey> keys, IPublishEndpoint replicas, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(replicas);
        List<RouteKey> missed = [];
        foreach (var key in keys)
        {
            var state = await store.FindAsync(key, cancellationToken);
            // Before the replicas: one that asks Redis because of the message must not find the old state.
            if (!await shared.TrySetAsync(key.Text, state))
            {
                missed.Add(key);
            }

            routes.Changed(key.Text, state);
            await replicas.Publish(new RouteChanged(key.Text, state.Route, state.Revision), cancellationToken);
        }

        if (missed.Count > 0)
        {
            await store.AddRepairsAsync(missed, cancellationToken);
        }

        return missed.Count == 0;
    }
}

public sealed class LinkChangedConsumer(RouteUpdates routes) : IConsumer<LinkChanged>
{
    public Task Consume(ConsumeContext<LinkChanged> context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return routes.ApplyAsync(context.Message.Link, context, context.CancellationToken);
    }
}

public sealed class LinkRemovedConsumer(RouteUpdates routes) : IConsumer<LinkRemoved>
{
    public Task Consume(ConsumeContext<LinkRemoved> context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return routes.RemoveAsync(context.Message, context, context.CancellationToken);
    }
}
