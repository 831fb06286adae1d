using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace LinkShort.Hosting.Tests;

/// <summary>The servers' app host as a process of its own, with a data folder that is kept.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly StringBuilder _output = new();
    private readonly Process _process;
    private readonly string _servers;

    private HostProcess(ProcessStartInfo start, string servers)
    {
        _servers = servers;
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
    /// <param name="only">Names of the servers.</param>
    /// <param name="wrapper">Commands to run it by, such as setpriv.</param>
    public static HostProcess Start(string dataDirectory, string only, params string[] wrapper) => Start(dataDirectory, only, new Dictionary<string, string>(), wrapper);

    public static HostProcess Start(string dataDirectory, string only, IReadOnlyDictionary<string, string> environment, params string[] wrapper)
    {
        // Children of a background job of a shell ignore Ctrl-C.
        string[] command = [.. wrapper, "env", "--default-signal=INT", Dotnet(), Path.Combine(AppContext.BaseDirectory, "LinkShort.TestServers.dll")];
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

        var servers = Path.Combine(Path.GetTempPath(), $"servers-{Guid.NewGuid():N}.json");
        start.Environment["LINKSHORT_DATA"] = dataDirectory;
        start.Environment["LINKSHORT_TEMPORARY"] = "true";
        start.Environment["SERVERS_FILE"] = servers;
        start.Environment["ONLY"] = only;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new HostProcess(start, servers);
    }

    /// <summary>Found here: an app host under test may get another PATH.</summary>
    private static string Dotnet() => Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Combine(folder, "dotnet")).First(File.Exists);

    /// <summary>The path of a new folder, which does not exist yet.</summary>
    public static string NewDataDirectory() => Path.Combine(Path.GetTempPath(), $"hosting-tests-{Guid.NewGuid():N}"[..30]);

    public static void Remove(string dataDirectory)
    {
        if (Directory.Exists(dataDirectory))
        {
            if (new DirectoryInfo(dataDirectory).EnumerateDirectories().Select(folder => folder.LinkTarget).FirstOrDefault(target => target is not null) is { } outside)
            {
                Directory.Delete(Path.GetDirectoryName(outside)!, recursive: true);
            }

            Directory.Delete(dataDirectory, recursive: true);
        }
    }

    /// <summary>Waits until all servers are healthy.</summary>
    /// <returns>Their connection strings by name.</returns>
    public async Task<IReadOnlyDictionary<string, string>> ReadyAsync()
    {
        var clock = Stopwatch.StartNew();
        while (!File.Exists(_servers))
        {
            if (_process.HasExited || clock.Elapsed > Limit)
            {
                Assert.Fail($"It {(_process.HasExited ? "ended" : $"isn't ready after {Limit}")}. It wrote:\n{Output}");
            }

            await Task.Delay(50);
        }

        return JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(_servers))!;
    }

    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
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
        File.Delete(_servers);
    }

    private void Take(string? line)
    {
        if (line is not null)
        {
            lock (_output)
            {
                _output.AppendLine(line);
            }
        }
    }
}
