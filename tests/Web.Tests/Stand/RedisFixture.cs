using LinkShort.Testing;

[assembly: AssemblyFixture(typeof(ChromiumFixture))]
[assembly: AssemblyFixture(typeof(LinkShort.Web.Tests.Stand.RedisFixture))]

namespace LinkShort.Web.Tests.Stand;

/// <summary>One Redis for the assembly. Tests that stop it do so by a proxy of their own.</summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private Servers _servers = null!;

    public async ValueTask InitializeAsync() => _servers = await Servers.SharedAsync(Servers.Redis);

    public ValueTask DisposeAsync() => _servers.DisposeAsync();

    public Servers BehindProxies() => _servers.BehindProxies();

    /// <summary>A connection string to a database of the caller's own.</summary>
    public Task<string> NextDatabaseAsync() => _servers.NextRedisDatabaseAsync();
}
