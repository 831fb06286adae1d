using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.Hosting;

/// <summary>
/// Restarts processes and containers that exited, with growing pauses; Aspire only shows them as exited. A process that exits with
/// <see cref="BadConfiguration"/> before it was ever healthy ends the run, because a restart doesn't fix a setting. One that served before doesn't
/// take the others down: what it complains about (a file, say) came later.
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

    private readonly Dictionary<string, SupervisedProcess> _processes = new(StringComparer.Ordinal);

    public Task TakeAsync(ResourceEvent change, CancellationToken cancellationToken)
    {
        // While the run stops, processes exit because they were asked to.
        if (change.Resource is ExecutableResource or ProjectResource or ContainerResource && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            Follow(change, lifetime.ApplicationStopping);
        }

        return Task.CompletedTask;
    }

    private void Follow(ResourceEvent change, CancellationToken stopping)
    {
        if (!_processes.TryGetValue(change.ResourceId, out var process))
        {
            _processes[change.ResourceId] = process = new SupervisedProcess(TimeProvider.System);
        }

        switch (process.Take(change.Snapshot.State?.Text, change.Snapshot.HealthStatus, change.Snapshot.ExitCode))
        {
            case Death.ByBadSetting:
                _ = EndAsync(change.Resource, stopping);
                break;
            case Death.Temporary:
                _ = RestartAsync(change.ResourceId, process, change.Snapshot.ExitCode, stopping);
                break;
        }
    }

    private async Task EndAsync(IResource resource, CancellationToken stopping) =>
        installation.Fail($"{resource.Name} can't start: {await LastLineAsync(resource, stopping)}", lifetime);

    private async Task RestartAsync(string resourceId, SupervisedProcess process, int? exitCode, CancellationToken stopping)
    {
        try
        {
            var pause = process.Pause();
            Log.Died(logger, resourceId, exitCode, pause);
            await Task.Delay(pause, stopping);
            // An operator may have started it in the dashboard.
            while (process.IsDead)
            {
                var started = await commands.ExecuteCommandAsync(resourceId, KnownResourceCommands.StartCommand, stopping);
                if (started.Success)
                {
                    return;
                }

                pause = process.Pause();
                Log.NotStarted(logger, resourceId, started.Message, pause);
                await Task.Delay(pause, stopping);
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

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Resource} exited with code {ExitCode}; it is restarted in {Pause}")]
        public static partial void Died(ILogger logger, string resource, int? exitCode, TimeSpan pause);

        [LoggerMessage(LogLevel.Error, "{Resource} could not be started ({Reason}); it is tried again in {Pause}")]
        public static partial void NotStarted(ILogger logger, string resource, string? reason, TimeSpan pause);
    }
}
