using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LinkShort.Hosting.Tests;

/// <summary>The sample AppHost as a person runs it: a process of its own, with a data folder that stays.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly StringBuilder _output = new();
    private readonly Process _process;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly string _dataDirectory;

    private HostProcess(ProcessStartInfo start, string dataDirectory)
    {
        _dataDirectory = dataDirectory;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <param name="dataDirectory">LINKSHORT_DATA.</param>
    /// <param name="port">The fixed port of "front-door".</param>
    /// <param name="wrapper">Commands to run it by, such as setpriv.</param>
    public static HostProcess Start(string dataDirectory, int port, params string[] wrapper) => Start(dataDirectory, port, withBroker: false, wrapper);

    public static HostProcess StartWithBroker(string dataDirectory, int port, params string[] wrapper) => Start(dataDirectory, port, withBroker: true, wrapper);

    private static HostProcess Start(string dataDirectory, int port, bool withBroker, string[] wrapper)
    {
        string[] command = [.. wrapper, "dotnet", Path.Combine(AppContext.BaseDirectory, "LinkShort.Hosting.SampleHost.dll")];
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["LINKSHORT_DATA"] = dataDirectory;
        start.Environment["SAMPLE_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["LINKSHORT_DASHBOARD_PORT"] = "0";
        start.Environment["SAMPLE_BROKER"] = withBroker ? "yes" : "no";
        return new HostProcess(start, dataDirectory);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A new folder's name; the folder isn't there yet.</summary>
    public static string NewDataDirectory() => Path.Combine(Path.GetTempPath(), $"hosting-tests-{Guid.NewGuid():N}"[..30]);

    public static void Remove(string dataDirectory)
    {
        if (Directory.Exists(dataDirectory))
        {
            if (new DirectoryInfo(Path.Combine(dataDirectory, "postgres")).LinkTarget is { } cluster)
            {
                Directory.Delete(Path.GetDirectoryName(cluster)!, recursive: true);
            }

            Directory.Delete(dataDirectory, recursive: true);
        }
    }

    public async Task WaitUntilReadyAsync()
    {
        var ended = ExitAsync();
        var first = await Task.WhenAny(_ready.Task, ended, Task.Delay(TimeSpan.FromSeconds(60)));
        if (first != _ready.Task)
        {
            Assert.Fail($"It {(first == ended ? "ended" : "isn't ready after a minute")}. It wrote:\n{Output}\n{Logs()}");
        }
    }

    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public void Signal(string name)
    {
        using var kill = Process.Start("/bin/kill", [$"-{name}", Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Signal("TERM");
            try
            {
                await ExitAsync();
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }

    private string Logs()
    {
        var directory = Path.Combine(_dataDirectory, "logs");
        return Directory.Exists(directory)
            ? string.Join('\n', Directory.GetFiles(directory).Order(StringComparer.Ordinal).Select(file => $"--- {Path.GetFileName(file)}\n{File.ReadAllText(file)}"))
            : $"There is no {directory}.";
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.AppendLine(line);
        }

        if (line.Contains("is ready after", StringComparison.Ordinal))
        {
            _ready.TrySetResult();
        }
    }
}
