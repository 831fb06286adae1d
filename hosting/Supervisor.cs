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
    ResourceNotificationService notifications,
    ResourceCommandService commands,
    ResourceLoggerService logs,
    IHostApplicationLifetime lifetime,
    ILogger<Supervisor> logger) : BackgroundService
{
    /// <summary>EX_CONFIG of sysexits.h: how our services end when a setting can't work.</summary>
    public const int BadConfiguration = 78;

    private readonly Dictionary<string, Process> _processes = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        try
        {
            await foreach (var change in notifications.WatchAsync(stopping.Token))
            {
                if (change.Resource is ExecutableResource or ProjectResource)
                {
                    await FollowAsync(change, stopping.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // From here on processes end because they are asked to.
        }
    }

    private async Task FollowAsync(ResourceEvent change, CancellationToken cancellationToken)
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
            installation.Fail($"{change.Resource.Name} can't start: {await LastLineAsync(change.Resource, cancellationToken)}", lifetime);
            return;
        }

        var pause = process.BackOff.Next();
        Log.Died(logger, change.ResourceId, change.Snapshot.ExitCode, pause);
        _ = StartAgainAsync(change.ResourceId, pause, cancellationToken);
    }

    private async Task StartAgainAsync(string resourceId, TimeSpan pause, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(pause, cancellationToken);
            var started = await commands.ExecuteCommandAsync(resourceId, KnownResourceCommands.StartCommand, cancellationToken);
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
    private async Task<string> LastLineAsync(IResource resource, CancellationToken cancellationToken)
    {
        // Its last output and its exit arrive independently of each other.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(2));
        var last = "";
        try
        {
            await foreach (var batch in logs.WatchAsync(resource).WithCancellation(limit.Token))
            {
                foreach (var line in batch)
                {
                    var at = line.Content.IndexOf("Setting ", StringComparison.Ordinal);
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
