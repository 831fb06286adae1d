using LinkShort.ServiceDefaults.Auth;
using MassTransit;

namespace LinkShort.ServiceDefaults.Messaging;

/// <summary>The bus, as feeds ask about it.</summary>
internal sealed class BusConnection(IBusControl bus) : IEventStream
{
    public bool IsConnected => bus.CheckHealth().Status is BusHealthStatus.Healthy;
}
