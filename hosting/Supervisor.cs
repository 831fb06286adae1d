using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.Hosting;

/// <summary>
/// Starts a process again that died, with growing pauses; Aspire shows it as exited and leaves it there. A process that ends with
/// <see cref="BadConfiguration"/> ends the run: no restart can mend a setting.
/// </summary>
internal sealed partial class Supervisor(
    Installation installation,
    ResourceCommandService commands,
    ResourceLoggerService logs,
    IHostApplicationLifetime lifetime,
    ILogger<Supervisor> logger) : IResourceFollower
{
    /// <summary>How our services end when a setting can't work, as in BadSettings.cs of ServiceDefaults: EX_CONFIG of sysexits.h.</summary>
    public const int BadConfiguration = 78;

    /// <summary>How the line begins in which they say so.</summary>
    public const string Complaint = "Setting ";

    private readonly Dictionary<string, Process> _processes = new(StringComparer.Ordinal);

    public Task TakeAsync(ResourceEvent change, CancellationToken cancellationToken)
    {
        // From then on processes end because they are asked to.
        if (change.Resource is ExecutableResource or ProjectResource && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            Follow(change, lifetime.ApplicationStopping);
        }

        return Task.CompletedTask;
    }

    private void Follow(ResourceEvent change, CancellationToken stopping)
    {
        if (!_processes.TryGetValue(change.ResourceId, out var process))
        {
            _processes[change.ResourceId] = process = new Process();
        }

        var state = change.Snapshot.State?.Text;
        if (state == KnownResourceStates.Running && change.Snapshot.HealthStatus is null or HealthStatus.Healthy or HealthStatus.Degraded)
        {
            process.BackOff.Healthy();
        }

        if (state == process.State)
        {
            return;
        }

        var before = process.State;
        process.State = state;
        // An operator who stops a resource in the dashboard means it: that passes through Stopping.
        var died = (before == KnownResourceStates.Running || before == KnownResourceStates.Starting) && KnownResourceStates.TerminalStates.Contains(state);
        if (!died)
        {
            return;
        }

        if (change.Snapshot.ExitCode == BadConfiguration)
        {
            _ = EndAsync(change.Resource, stopping);
            return;
        }

        var pause = process.BackOff.Next();
        Log.Died(logger, change.ResourceId, change.Snapshot.ExitCode, pause);
        _ = StartAgainAsync(change.ResourceId, pause, stopping);
    }

    private async Task EndAsync(IResource resource, CancellationToken stopping) =>
        installation.Fail($"{resource.Name} can't start: {await LastLineAsync(resource, stopping)}", lifetime);

    private async Task StartAgainAsync(string resourceId, TimeSpan pause, CancellationToken stopping)
    {
        try
        {
            await Task.Delay(pause, stopping);
            var started = await commands.ExecuteCommandAsync(resourceId, KnownResourceCommands.StartCommand, stopping);
            if (!started.Success)
            {
                Log.NotStarted(logger, resourceId, started.Message);
            }
        }
        catch (OperationCanceledException)
        {
            // The whole run is being stopped.
        }
    }

    /// <summary>What the process last wrote about its setting.</summary>
    private async Task<string> LastLineAsync(IResource resource, CancellationToken stopping)
    {
        // Its last output and its exit arrive independently of each other.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(TimeSpan.FromSeconds(2));
        var last = "";
        try
        {
            await foreach (var batch in logs.WatchAsync(resource).WithCancellation(limit.Token))
            {
                foreach (var line in batch)
                {
                    var at = line.Content.IndexOf(Complaint, StringComparison.Ordinal);
                    last = at >= 0 ? line.Content[at..] : last;
                }

                if (last.Length > 0)
                {
                    return last;
                }
            }
        }
        catch (OperationCanceledException)
        {
        }

        return $"see ./linkshort logs {resource.Name}";
    }

    private sealed class Process
    {
        public string? State { get; set; }

        public BackOff BackOff { get; } = new();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Resource} exited with code {ExitCode}; it is started again in {Pause}")]
        public static partial void Died(ILogger logger, string resource, int? exitCode, TimeSpan pause);

        [LoggerMessage(LogLevel.Error, "{Resource} could not be started: {Reason}")]
        public static partial void NotStarted(ILogger logger, string resource, string? reason);
    }
}

/// <summary>Pauses before a restart: none noticeable after a healthy run, doubling up to half a minute while it keeps dying.</summary>
internal sealed class BackOff
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private int _deaths;

    public void Healthy() => _deaths = 0;

    public TimeSpan Next()
    {
        var pause = Shortest * Math.Pow(2, Math.Min(_deaths++, 10));
        return (pause < Longest ? pause : Longest) * (0.8 + (0.4 * Random.Shared.NextDouble()));
    }
}
