using System.Diagnostics;
using System.Net;
using LinkShort.Testing;

namespace LinkShort.Analytics.Tests;

/// <summary>A replica as a process of its own, which can be killed.</summary>
public sealed class AnalyticsProcess : IAsyncDisposable
{
    private readonly Process _process;

    private AnalyticsProcess(Process process, Uri address) => (_process, Http) = (process, new HttpClient { BaseAddress = address });

    public HttpClient Http { get; }

    public static async Task<AnalyticsProcess> StartAsync(IReadOnlyDictionary<string, string?> settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        // The service's own output folder, where its runtime configuration is; beside this test project's.
        var here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        var output = Path.GetRelativePath(Path.GetFullPath(Path.Combine(here, "../../..")), here);
        var assembly = Path.GetFullPath(Path.Combine(here, "../../../../../services/Analytics", output, "LinkShort.Analytics.dll"));
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
        var replica = new AnalyticsProcess(process, new Uri(await address.Task.WaitAsync(TimeSpan.FromSeconds(60))));
        await Eventually.PassesAsync(async () => (await replica.Http.GetAsync("/health")).StatusCode.ShouldBe(HttpStatusCode.OK), TimeSpan.FromSeconds(60));
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
        Http.Dispose();
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }
}
