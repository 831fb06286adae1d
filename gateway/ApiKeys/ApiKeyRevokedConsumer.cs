using LinkShort.Contracts;
using MassTransit;

namespace LinkShort.Gateway.ApiKeys;

/// <summary>Applies revocations of API keys. Every gateway has its own temporary queue and so receives all of them.</summary>
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
