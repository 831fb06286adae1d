using System.Diagnostics;

namespace LinkShort.Testing;

/// <summary>One of our services as it is deployed: a process of its own, on a free port. It can be killed.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServiceProcess(Process process, Uri address) => (_process, Http) = (process, new HttpClient { BaseAddress = address });

    public HttpClient Http { get; }

    public Uri Address => Http.BaseAddress!;

    /// <summary>Returns when the process listens.</summary>
    /// <param name="service">Its folder in services, such as <c>Redirect</c>.</param>
    /// <param name="settings">From <see cref="Servers.SettingsAsync"/>, with those that the test adds.</param>
    /// <param name="startTimeout">Until it listens.</param>
    public static async Task<ServiceProcess> StartAsync(string service, IReadOnlyDictionary<string, string?> settings, TimeSpan startTimeout)
    {
        ArgumentNullException.ThrowIfNull(settings);
        // The service's own output folder, which has its runtime configuration.
        var here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        var output = Path.GetRelativePath(Path.GetFullPath(Path.Combine(here, "../../..")), here);
        var assembly = Path.GetFullPath(Path.Combine(here, "../../../../../services", service, output, $"LinkShort.{service}.dll"));
        var start = new ProcessStartInfo("dotnet", [assembly]) { RedirectStandardOutput = true, WorkingDirectory = Path.GetDirectoryName(assembly) };
        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
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
        return new ServiceProcess(process, new Uri(await address.Task.WaitAsync(startTimeout)));
    }

    /// <summary>SIGKILL: nothing of the process runs after this.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }
}
