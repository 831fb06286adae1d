using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.Hosting;

/// <summary>
/// Restarts processes that exited, with growing pauses; Aspire only shows them as exited. A process that exits with
/// <see cref="BadConfiguration"/> ends the run, because a restart doesn't fix a setting.
/// </summary>
internal sealed partial class Supervisor(
    Installation installation,
    ResourceCommandService commands,
    ResourceLoggerService logs,
    IHostApplicationLifetime lifetime,
    ILogger<Supervisor> logger) : IResourceFollower
{
    /// <summary>The exit code of our services for an invalid setting, as in BadSettings.cs of ServiceDefaults: EX_CONFIG of sysexits.h.</summary>
    public const int BadConfiguration = 78;

    /// <summary>The start of the line that reports it.</summary>
    public const string Complaint = "Setting ";

    private readonly Dictionary<string, Process> _processes = new(StringComparer.Ordinal);

    public Task TakeAsync(ResourceEvent change, CancellationToken cancellationToken)
    {
        // While the run stops, processes exit because they were asked to.
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
        // A resource that an operator stops in the dashboard passes through Stopping, and is not restarted.
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
        _ = RestartAsync(change.ResourceId, pause, stopping);
    }

    private async Task EndAsync(IResource resource, CancellationToken stopping) =>
        installation.Fail($"{resource.Name} can't start: {await LastLineAsync(resource, stopping)}", lifetime);

    private async Task RestartAsync(string resourceId, TimeSpan pause, CancellationToken stopping)
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

    /// <summary>The last line of the process about an invalid setting.</summary>
    private async Task<string> LastLineAsync(IResource resource, CancellationToken stopping)
    {
        // The last output may arrive after the exit.
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
        [LoggerMessage(LogLevel.Warning, "{Resource} exited with code {ExitCode}; it is restarted in {Pause}")]
        public static partial void Died(ILogger logger, string resource, int? exitCode, TimeSpan pause);

        [LoggerMessage(LogLevel.Error, "{Resource} could not be started: {Reason}")]
        public static partial void NotStarted(ILogger logger, string resource, string? reason);
    }
}

/// <summary>
/// Pauses before restarts: a quarter of a second after a healthy run, doubling up to half a minute while the process keeps exiting.
/// </summary>
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
