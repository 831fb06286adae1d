using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LinkShort.SystemTests;

/// <summary><c>./linkshort</c> on its own ports and data folder.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class CommandLine : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, string> _environment;

    /// <param name="fetchesCityData">Whether <c>run</c> fetches some 60 MB of it, as by default.</param>
    public CommandLine(bool fetchesCityData = false)
    {
        Port = FreePort();
        Data = Directory.CreateTempSubdirectory("linkshort-cli-").FullName;
        // PostgreSQL drops root's rights and still has to reach its folder.
        File.SetUnixFileMode(Data, File.GetUnixFileMode(Data) | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute);
        _environment = new Dictionary<string, string>
        {
            ["LINKSHORT_DATA"] = Data,
            ["LINKSHORT_PORT"] = Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["LINKSHORT_REDIRECT_PORT"] = FreePort().ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["LINKSHORT_DASHBOARD_PORT"] = FreePort().ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["RateLimits__ApiCall__PermitLimit"] = "100000",
            ["RateLimits__FirstParty__PermitLimit"] = "100000",
        };
        if (!fetchesCityData)
        {
            _environment["GeoIp__CityV4"] = "of-my-own.mmdb"; // The file doesn't exist, so every place is unknown.
        }
    }

    public int Port { get; }

    public string Data { get; }

    public Uri Gateway => new($"http://localhost:{Port}");

    public static string Root { get; } = FindRoot();

    public async Task<(int ExitCode, string Output)> RunAsync(string arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Root, "linkshort"), .. arguments.Split(' ')])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = new StringBuilder();
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(output, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var timeout = new CancellationTokenSource(Limit);
        // Not until the pipes close, because a detached run may keep them open.
        while (!process.HasExited)
        {
            await Task.Delay(50, timeout.Token);
        }

        await Task.Delay(100, timeout.Token);
        lock (output)
        {
            return (process.ExitCode, output.ToString());
        }
    }

    /// <summary>Processes of this run: their environment has its data folder, or their command line does.</summary>
    public IReadOnlyList<string> Processes()
    {
        var found = new List<string>();
        foreach (var folder in Directory.GetDirectories("/proc").Where(folder => Path.GetFileName(folder).All(char.IsAsciiDigit)))
        {
            try
            {
                var command = File.ReadAllText(Path.Combine(folder, "cmdline"));
                if (command.Contains(Data, StringComparison.Ordinal) || File.ReadAllText(Path.Combine(folder, "environ")).Contains(Data, StringComparison.Ordinal))
                {
                    found.Add($"{Path.GetFileName(folder)} {command.Replace('\0', ' ')}");
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It exited in between, or belongs to another user.
            }
        }

        return found;
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("stop");
        Directory.Delete(Data, recursive: true);
    }

    private static void Append(StringBuilder output, string? line)
    {
        lock (output)
        {
            output.AppendLine(line);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "LinkShort.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside of the repository.");
    }
}
