using System.Collections.Immutable;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace LinkShort.Hosting.Engine;

/// <summary>One replica of a resource through its life: waits for what it needs, runs, is watched, is started again when it dies.</summary>
internal sealed partial class ResourceInstance : IDisposable
{
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>What has no health check counts as started when it has lived this long.</summary>
    private static readonly TimeSpan LivesLongEnough = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Workload _workload;
    private CancellationTokenSource? _stopping;
    private Task _life = Task.CompletedTask;
    private volatile ChildProcess? _process;
    private volatile bool _isAlive;

    public ResourceInstance(ApplicationEngine engine, IResource resource, int replica, string id, Workload workload)
    {
        Engine = engine;
        Resource = resource;
        Replica = replica;
        Id = id;
        _workload = workload;
        Logger = engine.Logs.GetLogger(id);
    }

    public ApplicationEngine Engine { get; }

    public IResource Resource { get; }

    /// <summary>From 0.</summary>
    public int Replica { get; }

    public string Id { get; }

    public ILogger Logger { get; }

    public Workload Workload => _workload;

    /// <summary>Null while none runs.</summary>
    public int? ProcessId => _process?.Id;

    public void Dispose()
    {
        _stopping?.Dispose();
        _gate.Dispose();
    }

    public bool IsStarted => !_life.IsCompleted;

    public void Publish(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) => Engine.Notifications.PublishUpdateAsync(Resource, Id, before =>
    {
        var after = change(before);
        return ReferenceEquals(before, after) ? before : after with { Commands = ResourceCommands.Of(Resource, after, _isAlive, Engine.Services) };
    });

    /// <summary>Sets it going, unless it is.</summary>
    public async Task StartAsync(bool waitForDependencies = true)
    {
        await _gate.WaitAsync();
        try
        {
            if (IsStarted)
            {
                return;
            }

            _stopping?.Dispose();
            _stopping = new CancellationTokenSource();
            var token = _stopping.Token;
            _isAlive = true;
            Publish(snapshot => snapshot with { State = Starting, ExitCode = null, StopTimeStamp = null });
            _life = Task.Run(() => LiveAsync(waitForDependencies, token), CancellationToken.None);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Ends it, and waits for that.</summary>
    public async Task StopAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (!IsStarted)
            {
                return;
            }

            Publish(snapshot => snapshot with { State = new(KnownResourceStates.Stopping, KnownResourceStateStyles.Info) });
            await _stopping!.CancelAsync();
            await _life;
        }
        finally
        {
            _gate.Release();
        }
    }

    private static ResourceStateSnapshot FailedToStart => new(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error);

    private static ResourceStateSnapshot Starting => new(KnownResourceStates.Starting, KnownResourceStateStyles.Info);

    private async Task LiveAsync(bool waitForDependencies, CancellationToken stopping)
    {
        try
        {
            if (waitForDependencies)
            {
                await WaitForDependenciesAsync(stopping);
            }

            await RunUntilStoppedAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            End(new(KnownResourceStates.Exited, null));
        }
        catch (DistributedApplicationException failure)
        {
            Log.Failed(Logger, failure.Message);
            End(FailedToStart);
        }
#pragma warning disable CA1031 // The last line of defence: a bug in one workload shows as that resource's failure, it doesn't end the engine.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            Log.Failed(Logger, bug.ToString());
            End(FailedToStart);
        }
    }

    /// <summary>The last state, until somebody starts it again.</summary>
    private void End(ResourceStateSnapshot state)
    {
        _isAlive = false;
        Publish(snapshot => snapshot with { State = state, HealthStatus = null, HealthSince = null, HealthReports = [], ProcessId = null });
    }

    private async Task RunUntilStoppedAsync(CancellationToken stopping)
    {
        var backOff = new RestartBackOff();
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            Publish(snapshot => snapshot with { State = Starting });
            var started = Engine.Time.GetTimestamp();
            int? exitCode = null;
            var wasHealthy = false;
            try
            {
                var spec = await _workload.PrepareAsync(this, stopping);
                if (spec is null)
                {
                    await IdleAsync(stopping);
                    return;
                }

                (exitCode, wasHealthy) = await RunProcessAsync(spec, stopping);
            }
            catch (Exception failure) when (failure is DistributedApplicationException or IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception or Npgsql.NpgsqlException)
            {
                Log.Failed(Logger, DiskFull.Explain(failure, Engine.Settings.DataDirectory) ?? failure.Message);
            }

            await _workload.EndedAsync();
            Publish(snapshot => snapshot with
            {
                ProcessId = null,
                ExitCode = exitCode,
                HealthStatus = null,
                HealthSince = null,
                HealthReports = [],
                CpuCores = null,
                MemoryBytes = null,
                StopTimeStamp = Engine.Time.GetUtcNow(),
            });
            if (stopping.IsCancellationRequested)
            {
                End(exitCode == 0 ? new(KnownResourceStates.Finished, null) : new(KnownResourceStates.Exited, null));
                return;
            }

            if (exitCode is { } code && (!_workload.RestartsAfter(code) || Engine.IsWaitedForToComplete(Resource)))
            {
                End(code == 0 ? new(KnownResourceStates.Finished, KnownResourceStateStyles.Success) : new(KnownResourceStates.Exited, KnownResourceStateStyles.Error));
                return;
            }

            var delay = backOff.Next(Engine.Time.GetElapsedTime(started), wasHealthy);
            if (backOff.FailuresBeforeHealthy >= RestartBackOff.FailuresThatCount)
            {
                if (Engine.Settings.IsTemporary)
                {
                    End(FailedToStart); // A test is told at once instead of after its time-out.
                    return;
                }

                Publish(snapshot => snapshot with { State = FailedToStart });
            }
            else
            {
                Publish(snapshot => snapshot with { State = new(KnownResourceStates.Exited, KnownResourceStateStyles.Error) });
            }

            Log.Restarting(Logger, exitCode, delay.TotalSeconds);
            await Task.Delay(delay, Engine.Time, stopping);
            Publish(snapshot => snapshot with { Restarts = snapshot.Restarts + 1 });
        }
    }

    private async Task<(int ExitCode, bool WasHealthy)> RunProcessAsync(ProcessSpec spec, CancellationToken stopping)
    {
        var child = await ChildProcess.StartAsync(spec, (line, isError) => Engine.Logs.Write(Id, line, isError));
        _process = child;
        await Engine.Watchdog.StartedAsync(child, spec.StopSignal);
        PublishRunning(child.Id);

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var health = WatchHealthAsync(ended.Token);
        var stopRequested = Task.Delay(Timeout.InfiniteTimeSpan, ended.Token);
        await Task.WhenAny(child.Exited, stopRequested);
        if (!child.Exited.IsCompleted)
        {
            // At the end of a test the data is thrown away.
            var signal = Engine is { IsStopping: true, Settings.IsTemporary: true } ? spec.AbandonSignal ?? spec.StopSignal : spec.StopSignal;
            await child.StopAsync(signal, spec.StopTimeout);
        }

        await ended.CancelAsync();
        // What it forked must not hold its ports while it is started again.
        child.KillGroup();
        await Engine.Watchdog.EndedAsync(child);
        _process = null;
        // The last words matter most. A detached grandchild may hold the pipe for ever, though.
        await Task.WhenAny(child.Output, Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken.None));
        return (await child.Exited, await health);
    }

    /// <summary>Nothing to run: it is there as long as the application is.</summary>
    private async Task IdleAsync(CancellationToken stopping)
    {
        PublishRunning(processId: null);
        await WatchHealthAsync(stopping);
        throw new OperationCanceledException(stopping);
    }

    private IEnumerable<HealthProbeAnnotation> Probes => Resource.Annotations.OfType<HealthProbeAnnotation>();

    /// <summary>Running and not yet healthy are one change: whoever saw it run with its health unknown would take it for ready.</summary>
    private void PublishRunning(int? processId)
    {
        var now = Engine.Time.GetUtcNow();
        Publish(snapshot => snapshot with
        {
            State = new(KnownResourceStates.Running, KnownResourceStateStyles.Success),
            ProcessId = processId,
            StartTimeStamp = now,
            StopTimeStamp = null,
            ExitCode = null,
            HealthStatus = Probes.Any() ? HealthStatus.Unhealthy : HealthStatus.Healthy,
            HealthReports = [.. Probes.Select(probe => new HealthReportSnapshot(probe.Name, null, null, null))],
            HealthSince = now,
        });
    }

    /// <returns>Whether it was healthy at any time.</returns>
    private async Task<bool> WatchHealthAsync(CancellationToken cancellationToken)
    {
        var probes = Probes.ToList();
        if (probes.Count == 0)
        {
            var started = Engine.Time.GetTimestamp();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return Engine.Time.GetElapsedTime(started) > LivesLongEnough;
        }

        var wasHealthy = false;
        var failures = 0;
        try
        {
            while (true)
            {
                var reports = await Task.WhenAll(probes.Select(probe => AskAsync(probe, cancellationToken)));
                cancellationToken.ThrowIfCancellationRequested();
                var status = reports.Min(report => report.Status ?? HealthStatus.Unhealthy);
                PublishHealth(status, [.. reports]);
                wasHealthy |= status == HealthStatus.Healthy;
                failures = status == HealthStatus.Healthy ? 0 : failures + 1;
                // Often while it starts, when somebody waits; then seldom, it costs each service a query.
                var pause = status == HealthStatus.Healthy ? TimeSpan.FromSeconds(5)
                    : failures < 300 ? TimeSpan.FromMilliseconds(100)
                    : TimeSpan.FromSeconds(1);
                await Task.Delay(pause, Engine.Time, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            return wasHealthy;
        }
    }

    private static async Task<HealthReportSnapshot> AskAsync(HealthProbeAnnotation probe, int replica, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ProbeTimeout);
        try
        {
            var result = await probe.Probe(replica, limit.Token);
            return new HealthReportSnapshot(probe.Name, result.Status, result.Description, result.Exception?.Message);
        }
        catch (OperationCanceledException)
        {
            return new HealthReportSnapshot(probe.Name, HealthStatus.Unhealthy, FormattableString.Invariant($"No answer within {ProbeTimeout.TotalSeconds} s."), null);
        }
    }

    private Task<HealthReportSnapshot> AskAsync(HealthProbeAnnotation probe, CancellationToken cancellationToken) => AskAsync(probe, Replica, cancellationToken);

    private void PublishHealth(HealthStatus status, ImmutableArray<HealthReportSnapshot> reports) => Publish(snapshot =>
        snapshot.HealthStatus == status && snapshot.HealthReports.AsSpan().SequenceEqual(reports.AsSpan())
            ? snapshot
            : snapshot with
            {
                HealthStatus = status,
                HealthReports = reports,
                HealthSince = snapshot.HealthStatus == status ? snapshot.HealthSince : Engine.Time.GetUtcNow(),
            });

    private async Task WaitForDependenciesAsync(CancellationToken stopping)
    {
        var waits = Resource.Annotations.OfType<WaitAnnotation>().ToList();
        if (Resource is IResourceWithParent { Parent: var parent })
        {
            waits.Add(new WaitAnnotation(parent, WaitType.WaitUntilHealthy));
        }

        if (waits.Count == 0)
        {
            return;
        }

        Publish(snapshot => snapshot with { State = new(KnownResourceStates.Waiting, KnownResourceStateStyles.Info) });
        await Task.WhenAll(waits.Select(wait => WaitForAsync(wait, stopping)));
    }

    private async Task WaitForAsync(WaitAnnotation wait, CancellationToken stopping)
    {
        switch (wait.WaitType)
        {
            case WaitType.WaitForCompletion:
                var ended = await Engine.Notifications.WaitForResourceAsync(
                    wait.Resource.Name,
                    change => KnownResourceStates.TerminalStates.Contains(change.Snapshot.State?.Text ?? ""),
                    stopping);
                if (ended.Snapshot.ExitCode != wait.ExitCode)
                {
                    throw new DistributedApplicationException($"'{wait.Resource.Name}', which it waited for, ended with exit code {ended.Snapshot.ExitCode?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"} instead of {wait.ExitCode}.");
                }

                break;

            case WaitType.WaitUntilStarted:
                await Engine.Notifications.WaitForResourceAsync(wait.Resource.Name, KnownResourceStates.Running, stopping);
                break;

            default:
                while (true)
                {
                    try
                    {
                        await Engine.Notifications.WaitForResourceHealthyAsync(wait.Resource.Name, stopping);
                        return;
                    }
                    catch (DistributedApplicationException) when (!Engine.Settings.IsTemporary)
                    {
                        // It is tried again, and may be mended meanwhile: go on waiting.
                        await Task.Delay(TimeSpan.FromSeconds(1), Engine.Time, stopping);
                    }
                }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Reason}")]
        public static partial void Failed(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Error, "ended with exit code {ExitCode}; starting it again in {Seconds:F1} s")]
        public static partial void Restarting(ILogger logger, int? exitCode, double seconds);
    }
}

/// <summary>Exponential with jitter: the first restart comes at once, a service that can't start doesn't eat the machine.</summary>
internal sealed class RestartBackOff
{
    /// <summary>So many ends in a row without ever having been healthy are a failure to start.</summary>
    public const int FailuresThatCount = 4;

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Stable = TimeSpan.FromSeconds(60);

    private int _failures;

    public int FailuresBeforeHealthy { get; private set; }

    /// <param name="ran">How long the process lived.</param>
    /// <param name="wasHealthy">It was healthy at any time of that.</param>
    public TimeSpan Next(TimeSpan ran, bool wasHealthy)
    {
        _failures = ran >= Stable ? 1 : _failures + 1;
        FailuresBeforeHealthy = wasHealthy ? 0 : FailuresBeforeHealthy + 1;
        var seconds = Math.Min(Longest.TotalSeconds, First.TotalSeconds * Math.Pow(2, Math.Min(_failures - 1, 16)));
#pragma warning disable CA5394 // Jitter, not a secret.
        return TimeSpan.FromSeconds(seconds * (0.8 + (0.4 * Random.Shared.NextDouble())));
#pragma warning restore CA5394
    }
}
