using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LinkShort.Redirect.Clicks;

/// <summary>Whether clicks can be kept.</summary>
public enum SpoolState
{
    Fine,

    /// <summary>Most of the quota is used: the broker has been away for a long time.</summary>
    NearlyFull,

    /// <summary>Clicks were dropped within the last minute.</summary>
    Dropping,
}

/// <summary>
/// Maintains the process's own spool: prepares memory and files ahead of the visitors, flushes to disk every second, and reports (health,
/// log, metrics) when clicks can't be kept. Not a <see cref="LinkShort.ServiceDefaults.BackgroundJob"/>: preparing must never back off, and
/// flushing blocks a thread of its own.
/// </summary>
public sealed partial class SpoolMaintenance(ClickSpool spools, RedirectTelemetry telemetry, TimeProvider time, ILogger<SpoolMaintenance> logger)
    : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan PrepareInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>While no clicks arrive. The first of a sudden rush may then prepare their own pages, at a few microseconds each.</summary>
    private static readonly TimeSpan IdlePrepareInterval = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AlarmAfterDrop = TimeSpan.FromMinutes(1);

    private readonly Lock _state = new();
    private SpoolState _reported;
    private long _droppedBefore;
    private long? _droppedAt;

    /// <summary>Prepares the spool before the first visitor arrives.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        telemetry.ObserveSpool(() => spools.Quota.Used, () => spools.Quota.Limit);
        spools.Own.Prepare();
        return base.StartAsync(cancellationToken);
    }

    /// <summary>Degraded when clicks are being dropped, or soon will be.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(State() switch
        {
            SpoolState.Dropping => HealthCheckResult.Degraded(
                $"Clicks are being dropped: {telemetry.ClicksNotKept} so far. The spool takes {spools.Quota.Used} of {spools.Quota.Limit} bytes; is the broker unavailable, or the disk full?"),
            SpoolState.NearlyFull => HealthCheckResult.Degraded(
                $"The click spool is nearly full: {spools.Quota.Used} of {spools.Quota.Limit} bytes. Is the broker unavailable?"),
            _ => HealthCheckResult.Healthy(),
        });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // On a thread of its own, because it waits for the disk.
        var flushing = Task.Factory.StartNew(() => Flush(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        using var timer = new PeriodicTimer(PrepareInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                timer.Period = Prepare() ? PrepareInterval : IdlePrepareInterval;
            }
        }
        catch (OperationCanceledException)
        {
            // The service is stopping.
        }

        await flushing;
    }

    /// <returns>Whether clicks arrive.</returns>
    private bool Prepare()
    {
        try
        {
            return spools.Own.Prepare();
        }
        catch (Exception exception)
        {
            // Visitors' clicks prepare their own pages, and are counted as not kept where that fails too.
            Log.NotPrepared(logger, exception);
            return false;
        }
    }

    private void Flush(CancellationToken stoppingToken)
    {
        while (!stoppingToken.WaitHandle.WaitOne(FlushInterval))
        {
            try
            {
                spools.Own.Flush();
            }
            catch (Exception exception)
            {
                // They are in the page cache: only a power cut would lose them.
                Log.NotFlushed(logger, exception);
            }

            Report(State());
        }
    }

    private SpoolState State()
    {
        var dropped = telemetry.ClicksNotKept;
        lock (_state)
        {
            if (dropped > _droppedBefore)
            {
                (_droppedBefore, _droppedAt) = (dropped, time.GetTimestamp());
            }

            return _droppedAt is { } at && time.GetElapsedTime(at) < AlarmAfterDrop ? SpoolState.Dropping
                : spools.Quota.Used > spools.Quota.Limit / 5 * 4 ? SpoolState.NearlyFull
                : SpoolState.Fine;
        }
    }

    private void Report(SpoolState state)
    {
        if (state == _reported)
        {
            return;
        }

        _reported = state;
        switch (state)
        {
            case SpoolState.Dropping:
                Log.Dropping(logger, telemetry.ClicksNotKept, spools.Quota.Used, spools.Quota.Limit);
                break;
            case SpoolState.NearlyFull:
                Log.NearlyFull(logger, spools.Quota.Used, spools.Quota.Limit);
                break;
            default:
                Log.Fine(logger);
                break;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The click spool could not be prepared ahead of the visitors.")]
        public static partial void NotPrepared(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Critical, "Clicks are being dropped ({Dropped} so far): the spool takes {Used} of {Limit} bytes. Is the broker unavailable, or the disk full?")]
        public static partial void Dropping(ILogger logger, long dropped, long used, long limit);

        [LoggerMessage(LogLevel.Error, "The click spool is nearly full: {Used} of {Limit} bytes. Beyond that clicks are dropped. Is the broker unavailable?")]
        public static partial void NearlyFull(ILogger logger, long used, long limit);

        [LoggerMessage(LogLevel.Information, "The click spool has room again.")]
        public static partial void Fine(ILogger logger);

        [LoggerMessage(LogLevel.Error, "Clicks could not be flushed to disk; they are in the page cache.")]
        public static partial void NotFlushed(ILogger logger, Exception exception);
    }
}
