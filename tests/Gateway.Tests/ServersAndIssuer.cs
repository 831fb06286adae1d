using LinkShort.Gateway.Tests;
using LinkShort.Testing;

[assembly: AssemblyFixture(typeof(ServersAndIssuer))]

namespace LinkShort.Gateway.Tests;

/// <summary>Redis, RabbitMQ and a token issuer, shared by all tests. The gateway has no database.</summary>
public sealed class ServersAndIssuer : IAsyncLifetime
{
    public Servers Servers { get; private set; } = null!;

    public TokenIssuer Issuer { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Issuer = await TokenIssuer.StartAsync();
        Servers = await Servers.SharedAsync(Servers.Redis, Servers.RabbitMq);
    }

    public async ValueTask DisposeAsync()
    {
        if (Servers is not null)
        {
            await Servers.DisposeAsync();
        }

        await Issuer.DisposeAsync();
    }
}
