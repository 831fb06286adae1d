using Xunit;

namespace LinkShort.Testing;

/// <summary>
/// <see cref="Testing.Servers"/> once for a test assembly: <c>[assembly: AssemblyFixture(typeof(ServersFixture))]</c>, then a
/// constructor parameter of the test class. Tests that stop a server start their own instead.
/// </summary>
public sealed class ServersFixture : IAsyncLifetime
{
    public Servers Servers { get; private set; } = null!;

    public TokenIssuer Identity { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Identity = await TokenIssuer.StartAsync();
        Servers = await Servers.SharedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Servers is not null)
        {
            await Servers.DisposeAsync();
        }

        await Identity.DisposeAsync();
    }
}
