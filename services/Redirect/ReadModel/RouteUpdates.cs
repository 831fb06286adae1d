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
    /// <param name="isRefreshed">Updates the caches even if the event changes no route, because an earlier event may not have reached them.</param>
    public async Task ApplyAsync(LinkSnapshot link, bool isRefreshed, IPublishEndpoint replicas, CancellationToken cancellationToken) =>
        await RefreshAsync(await store.ApplyAsync(link, isRefreshed, cancellationToken), replicas, cancellationToken);

    public async Task RemoveAsync(LinkRemoved link, IPublishEndpoint replicas, CancellationToken cancellationToken) =>
        await RefreshAsync(await store.RemoveAsync(link, cancellationToken), replicas, cancellationToken);

    /// <summary>Updates the caches from the read model.</summary>
    /// <returns>False if Redis couldn't be updated; the short URLs are recorded for <see cref="CacheRepair"/>.</returns>
    public async Task<bool> RefreshAsync(IReadOnlyCollection<RouteKey> keys, IPublishEndpoint replicas, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
        {
            return true;
        }

        var states = await store.FindAsync(keys, cancellationToken);
        // Redis before the replicas: a lookup caused by the message must not find the old state in Redis.
        var isSet = await Task.WhenAll(states.Select(each => shared.TrySetAsync(each.Key.Text, each.Value)));
        await Task.WhenAll(states.Select(each => PublishAsync(each.Key.Text, each.Value)));
        var missed = states.Keys.Where((_, index) => !isSet[index]).ToList();
        if (missed.Count > 0)
        {
            await store.AddRepairsAsync(missed, cancellationToken);
        }

        return missed.Count == 0;

        Task PublishAsync(string key, RouteState state)
        {
            routes.Changed(key, state);
            return replicas.Publish(new RouteChanged(key, state.Route, state.Revision), cancellationToken);
        }
    }
}

public sealed class LinkChangedConsumer(RouteUpdates routes, LinkTurns turns) : IConsumer<LinkChanged>
{
    public Task Consume(ConsumeContext<LinkChanged> context)
    {
        var link = context.Message.Link;
        var isRepeated = context.ReceiveContext.Redelivered || context.GetRetryAttempt() > 0;
        return turns.RunAsync(
            link.WorkspaceId, link.LinkId, link.Version,
            hasSkipped => routes.ApplyAsync(link, hasSkipped || isRepeated, context, context.CancellationToken), context.CancellationToken);
    }
}

public sealed class LinkRemovedConsumer(RouteUpdates routes, LinkTurns turns) : IConsumer<LinkRemoved>
{
    public Task Consume(ConsumeContext<LinkRemoved> context)
    {
        var link = context.Message;
        return turns.RunAsync(
            link.WorkspaceId, link.LinkId, link.Version,
            _ => routes.RemoveAsync(link, context, context.CancellationToken), context.CancellationToken);
    }
}

/// <summary>Receives as many events ahead as <see cref="LinkTurns"/> arranges.</summary>
public sealed class LinkEventDefinition<TConsumer> : ConsumerDefinition<TConsumer> where TConsumer : class, IConsumer
{
    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator, IConsumerConfigurator<TConsumer> consumerConfigurator, IRegistrationContext context) =>
        endpointConfigurator.PrefetchCount = LinkTurns.MaxWaiting;
}
