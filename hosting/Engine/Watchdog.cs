using System.Diagnostics;

namespace LinkShort.Hosting.Engine;

/// <summary>
/// A shell that notices when this process dies, however it dies, and ends everything it started: process groups,
/// detached grandchildren, temporary data. See watchdog.sh.
/// </summary>
internal sealed class Watchdog : IAsyncDisposable
{
    private static readonly Lazy<string> Script = new(() =>
    {
        using var reader = new StreamReader(typeof(Watchdog).Assembly.GetManifestResourceStream("watchdog.sh")!);
        return reader.ReadToEnd();
    });

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Process _process;

    private Watchdog(Process process, string runId)
    {
        _process = process;
        RunId = runId;
    }

    public string RunId { get; }

    /// <param name="lockFile">Held until the last process has ended.</param>
    /// <param name="temporaryDirectory">Removed at the end; null for none.</param>
    public static Watchdog Start(string lockFile, string? temporaryDirectory)
    {
        var runId = Guid.NewGuid().ToString("N");
        var start = new ProcessStartInfo
        {
            FileName = Programs.Require("setsid", "util-linux"),
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        // A file, for ps to show its name instead of its text. It is small: the shell has read it before it can be removed.
        var script = Path.Combine(Path.GetDirectoryName(lockFile)!, "watchdog.sh");
        File.WriteAllText(script, Script.Value);
        foreach (var argument in new[] { "/bin/sh", script, runId, lockFile, temporaryDirectory ?? "" })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        return new Watchdog(Process.Start(start)!, runId);
    }

    public Task StartedAsync(ChildProcess child, int stopSignal) => TellAsync($"+ {child.Id} {Posix.NameOf(stopSignal)}");

    public Task EndedAsync(ChildProcess child) => TellAsync($"- {child.Id}");

    /// <summary>Ends what is left (nothing, after an orderly stop) and the temporary directory.</summary>
    public async ValueTask DisposeAsync()
    {
        await TellAsync("q");
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _gate.Dispose();
    }

    private async Task TellAsync(string line)
    {
        await _gate.WaitAsync();
        try
        {
            await _process.StandardInput.WriteLineAsync(line);
            await _process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // Somebody killed the watchdog. The death signal of every child is the other net.
        }
        finally
        {
            _gate.Release();
        }
    }
}
