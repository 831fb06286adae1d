using LinkShort.Redirect.Routing;
using MassTransit;

namespace LinkShort.Redirect.ReadModel;

/// <summary>Informs every replica of the new state of a short URL. Only for replicas of this service.</summary>
/// <param name="Key">As <see cref="RouteKey.Text"/>.</param>
/// <param name="Route">Null if no link has the code any more.</param>
public sealed record RouteChanged(string Key, Route? Route, long Revision);

/// <summary>Consumes from this replica's own queue, which is deleted when the replica stops.</summary>
public sealed class RouteChangedConsumer(RouteTable routes) : IConsumer<RouteChanged>
{
    public Task Consume(ConsumeContext<RouteChanged> context)
    {
        var changed = context.Message;
        routes.Changed(changed.Key, new RouteState(changed.Route, changed.Revision));
        return Task.CompletedTask;
    }
}

/// <summary>
/// While a replica is cut off from the broker, its own queue and the messages to it are lost. Once the queue is back, everything in memory is
/// invalidated. Until then the filter over all codes is not used, because it lacks codes created meanwhile.
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
