using LinkShort.Redirect.Routing;
using MassTransit;

namespace LinkShort.Redirect.ReadModel;

/// <summary>Tells every replica what a short address leads to now. Between replicas of this service only.</summary>
/// <param name="Key">As <see cref="RouteKey.Text"/>.</param>
/// <param name="Route">Null: no link has the address any more.</param>
public sealed record RouteChanged(string Key, Route? Route, long Revision);

/// <summary>Listens on a queue of this replica's own, which goes when the replica goes.</summary>
public sealed class RouteChangedConsumer(RouteTable routes) : IConsumer<RouteChanged>
{
    public Task Consume(ConsumeContext<RouteChanged> context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var changed = context.Message;
        routes.Changed(changed.Key, new RouteState(changed.Route, changed.Revision));
        return Task.CompletedTask;
    }
}

/// <summary>
/// A replica's own queue is gone while it is cut off from the broker, and with it what the others said meanwhile: from the moment
/// the queue is back, nothing in memory is believed without asking. Until then the filter over all codes is not asked: codes
/// made meanwhile are missing in it.
/// </summary>
public sealed class DistrustAfterReconnect(RouteTable routes) : IReceiveEndpointObserver
{
    public Task Ready(ReceiveEndpointReady ready)
    {
        routes.DistrustMemory();
        return Task.CompletedTask;
    }

    public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

    public Task Completed(ReceiveEndpointCompleted completed)
    {
        routes.CutOff();
        return Task.CompletedTask;
    }

    public Task Faulted(ReceiveEndpointFaulted faulted)
    {
        routes.CutOff();
        return Task.CompletedTask;
    }
}
