using LinkShort.Testing;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Redirect.Tests;

/// <summary>Redirect in the test's process, behind real Kestrel.</summary>
public sealed class Replica : ReplicaClient, IAsyncDisposable
{
    private readonly ServiceFactory<Program> _factory;

    private Replica(ServiceFactory<Program> factory, Uri address)
        : base(address) => _factory = factory;

    public IServiceProvider Services => _factory.Services;

    public static async Task<Replica> StartAsync(IReadOnlyDictionary<string, string?> settings, TimeProvider? clock = null)
    {
        var factory = new ServiceFactory<Program>(settings, services => services.AddSingleton(clock ?? TimeProvider.System));
        factory.UseKestrel();
        factory.StartServer();
        var address = factory.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var replica = new Replica(factory, new Uri(address.Replace("[::]", "127.0.0.1", StringComparison.Ordinal)));
        await replica.IsReadyAsync();
        return replica;
    }

    public async ValueTask DisposeAsync()
    {
        Dispose();
        await _factory.DisposeAsync();
    }
}

/// <summary>Redirect as deployed, in its own process.</summary>
public sealed class ReplicaProcess : ReplicaClient, IAsyncDisposable
{
    private readonly ServiceProcess _process;

    private ReplicaProcess(ServiceProcess process)
        : base(process.Address) => _process = process;

    public static async Task<ReplicaProcess> StartAsync(IReadOnlyDictionary<string, string?> settings)
    {
        var replica = new ReplicaProcess(await ServiceProcess.StartAsync(
            "Redirect",
            // As AppHost starts it.
            new Dictionary<string, string?>(settings) { ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1" },
            TimeSpan.FromSeconds(30)));
        await replica.IsReadyAsync();
        return replica;
    }

    /// <summary>Sends SIGKILL.</summary>
    public Task KillAsync() => _process.KillAsync();

    public ValueTask DisposeAsync()
    {
        Dispose();
        return _process.DisposeAsync();
    }
}
