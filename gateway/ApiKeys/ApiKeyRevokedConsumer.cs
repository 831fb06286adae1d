using LinkShort.Contracts;
using MassTransit;

namespace LinkShort.Gateway.ApiKeys;

/// <summary>Every gateway hears of every revocation, on a queue of its own that goes away with it.</summary>
internal sealed class ApiKeyRevokedConsumer(ExchangedTokens tokens) : IConsumer<ApiKeyRevoked>
{
    public Task Consume(ConsumeContext<ApiKeyRevoked> context) => tokens.RevokeAsync(context.Message.KeyHash).AsTask();

    public static void Register(IBusRegistrationConfigurator bus) =>
        bus.AddConsumer<ApiKeyRevokedConsumer>().Endpoint(endpoint =>
        {
            endpoint.InstanceId = Guid.CreateVersion7().ToString("N");
            endpoint.Temporary = true;
        });
}
