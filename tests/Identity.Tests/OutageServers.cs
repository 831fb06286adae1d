using LinkShort.Testing;

namespace LinkShort.Identity.Tests;

/// <summary>Servers that tests stop and start, one test after the other, each with its own database and broker.</summary>
public sealed class OutageServers(IdentityApplication identity) : IAsyncDisposable
{
    private readonly HashSet<string> _stopped = [];

    public Servers Servers { get; } = identity.Servers.BehindProxies();

    public async Task StopAsync(string name)
    {
        _stopped.Add(name);
        await Servers.StopAsync(name);
    }

    public async Task StartAgainAsync(string name)
    {
        await Servers.StartAgainAsync(name);
        _stopped.Remove(name);
    }

    /// <summary>Starts servers that a failed test left stopped, so that the next test isn't affected.</summary>
    public async Task StartAllAsync()
    {
        foreach (var name in _stopped.ToArray())
        {
            await StartAgainAsync(name);
        }
    }

    public ValueTask DisposeAsync() => Servers.DisposeAsync();
}

[CollectionDefinition(nameof(OutageServers))]
public sealed class OutageServersTests : ICollectionFixture<OutageServers>;
