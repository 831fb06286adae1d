using System.Diagnostics;
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

/// <summary>Redirect as it is deployed: a process of its own.</summary>
public sealed class ReplicaProcess : ReplicaClient, IAsyncDisposable
{
    private readonly Process _process;

    private ReplicaProcess(Process process, Uri address)
        : base(address) => _process = process;

    public static async Task<ReplicaProcess> StartAsync(IReadOnlyDictionary<string, string?> settings)
    {
        // The service's own output folder, where its runtime configuration is; beside this test project's.
        var here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        var output = Path.GetRelativePath(Path.GetFullPath(Path.Combine(here, "../../..")), here);
        var assembly = Path.GetFullPath(Path.Combine(here, "../../../../../services/Redirect", output, "LinkShort.Redirect.dll"));
        var start = new ProcessStartInfo("dotnet", [assembly]) { RedirectStandardOutput = true, WorkingDirectory = Path.GetDirectoryName(assembly) };
        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        // As AppHost starts it.
        start.Environment["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1";
        var address = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) =>
        {
            const string Marker = "Now listening on: ";
            if (line.Data?.IndexOf(Marker, StringComparison.Ordinal) is >= 0 and var at)
            {
                address.TrySetResult(line.Data[(at + Marker.Length)..].Trim());
            }
        };
        process.Start();
        process.BeginOutputReadLine();
        var replica = new ReplicaProcess(process, new Uri(await address.Task.WaitAsync(TimeSpan.FromSeconds(30))));
        await replica.IsReadyAsync();
        return replica;
    }

    /// <summary>SIGKILL: nothing of the process runs after this.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Dispose();
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }
}
