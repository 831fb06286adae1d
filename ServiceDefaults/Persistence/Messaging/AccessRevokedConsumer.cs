using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using MassTransit;

namespace LinkShort.ServiceDefaults.Messaging;

/// <summary>Every replica of every service receives every revocation, on a temporary queue of its own.</summary>
internal sealed class AccessRevokedConsumer(RevokedAccess revoked) : IConsumer<AccessRevoked>
{
    public Task Consume(ConsumeContext<AccessRevoked> context)
    {
        revoked.Apply(context.Message);
        return Task.CompletedTask;
    }

    public static void Register(IBusRegistrationConfigurator bus) =>
        bus.AddConsumer<AccessRevokedConsumer>().Endpoint(endpoint =>
        {
            endpoint.InstanceId = Guid.CreateVersion7().ToString("N");
            endpoint.Temporary = true;
        });
}
