using LinkShort.Testing;

[assembly: AssemblyFixture(typeof(ChromiumFixture))]
[assembly: AssemblyFixture(typeof(LinkShort.Web.Tests.Stand.RedisFixture))]

namespace LinkShort.Web.Tests.Stand;

/// <summary>One Redis for the assembly. Tests that interrupt it use their own proxy.</summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private Servers _servers = null!;

    public async ValueTask InitializeAsync() => _servers = await Servers.SharedAsync(Servers.Redis);

    public ValueTask DisposeAsync() => _servers.DisposeAsync();

    public Servers BehindProxies() => _servers.BehindProxies();

    /// <summary>A connection string to an unused database.</summary>
    public Task<string> NextDatabaseAsync() => _servers.NextRedisDatabaseAsync();
}
