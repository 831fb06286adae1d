using LinkShort.Contracts;
using LinkShort.Redirect.Routing;
using MassTransit;

namespace LinkShort.Redirect.ReadModel;

/// <summary>
/// Applies an event to every cache: the read model first, then Redis, then the memory of each replica. Each step is idempotent, and a
/// redelivered message repeats all of them.
/// </summary>
public sealed class RouteUpdates(RouteStore store, SharedRouteCache shared, RouteTable routes)
{
    public async Task ApplyAsync(LinkSnapshot link, IPublishEndpoint replicas, CancellationToken cancellationToken) =>
        await RefreshAsync(await store.ApplyAsync(link, cancellationToken), replicas, cancellationToken);

    public async Task RemoveAsync(LinkRemoved link, IPublishEndpoint replicas, CancellationToken cancellationToken) =>
        await RefreshAsync(await store.RemoveAsync(link, cancellationToken), replicas, cancellationToken);

    /// <summary>Updates the caches from the read model.</summary>
    /// <returns>False if Redis couldn't be updated; the short URLs are recorded for <see cref="CacheRepair"/>.</returns>
    public async Task<bool> RefreshAsync(IReadOnlyCollection<RouteKey> keys, IPublishEndpoint replicas, CancellationToken cancellationToken)
    {
        List<RouteKey> missed = [];
        foreach (var key in keys)
        {
            var state = await store.FindAsync(key, cancellationToken);
            // Redis before the replicas: a lookup caused by the message must not find the old state in Redis.
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
        return routes.ApplyAsync(context.Message.Link, context, context.CancellationToken);
    }
}

public sealed class LinkRemovedConsumer(RouteUpdates routes) : IConsumer<LinkRemoved>
{
    public Task Consume(ConsumeContext<LinkRemoved> context)
    {
        return routes.RemoveAsync(context.Message, context, context.CancellationToken);
    }
}
