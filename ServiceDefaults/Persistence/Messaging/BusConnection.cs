using LinkShort.ServiceDefaults.Auth;
using MassTransit;

namespace LinkShort.ServiceDefaults.Messaging;

/// <summary>The state of the bus, for feeds.</summary>
internal sealed class BusConnection(IBusControl bus) : IEventStream
{
    public bool IsConnected => bus.CheckHealth().Status is BusHealthStatus.Healthy;
}
