using System.Numerics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults;

/// <summary>
/// A recurring task that runs for as long as the service does. Any exception in a run, a timeout included, is logged, and the run is retried
/// after 1 s, 2 s, 4 s … up to a minute, but never later than the next run was due. Only stopping the service ends the job. While its runs
/// keep failing, the service's health is degraded (<see cref="Health.BackgroundJobsCheck"/>).
/// </summary>
/// <param name="what">What a run does, for the log and for health, such as <c>Assembling exports</c>.</param>
public abstract partial class BackgroundJob(string what, TimeProvider time, ILogger logger) : BackgroundService
{
    private volatile FailedRuns? _failing;

    protected TimeProvider Time => time;

    protected ILogger Logger => logger;

    /// <summary>What a run does.</summary>
    internal string JobName => what;

    /// <summary>The failed runs since the last successful one; null for none.</summary>
    internal FailedRuns? Failing => _failing;

    /// <summary>From the end of a successful run to the start of the next.</summary>
    protected abstract TimeSpan Interval { get; }

    /// <summary>From the first failed run to the next; doubled after each further failure.</summary>
    protected virtual TimeSpan ShortestRetry => TimeSpan.FromSeconds(1);

    protected virtual TimeSpan LongestRetry => TimeSpan.FromMinutes(1);

    /// <summary>From the start of the service to the first run.</summary>
    protected virtual TimeSpan FirstAfter => TimeSpan.Zero;

    /// <summary>One run: everything that is due.</summary>
    protected abstract Task RunAsync(CancellationToken cancellationToken);

    /// <summary>Waits between runs. A job with a <see cref="Signal"/> overrides it to wait for that as well.</summary>
    protected virtual Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => Task.Delay(atMost, time, cancellationToken);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var pause = FirstAfter; !stoppingToken.IsCancellationRequested;)
        {
            try
            {
                if (pause > TimeSpan.Zero)
                {
                    await WaitAsync(pause, stoppingToken);
                }

                await RunAsync(stoppingToken);
                _failing = null;
                pause = Interval;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                var failing = new FailedRuns((_failing?.Count ?? 0) + 1, _failing?.Since ?? time.GetUtcNow(), exception.GetType().Name);
                _failing = failing;
                pause = RetryAfter(failing.Count);
                // An outage of several hours is logged about ten times.
                if (BitOperations.IsPow2(failing.Count))
                {
                    Log.Failed(logger, exception, what, failing.Count, pause);
                }
            }
        }
    }

    private TimeSpan RetryAfter(int failures)
    {
        var retry = ShortestRetry * Math.Pow(2, Math.Min(failures - 1, 10));
        return new[] { retry, LongestRetry, Interval }.Min();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{What} failed ({Failures} in a row); the next attempt is in {Pause}.")]
        public static partial void Failed(ILogger logger, Exception exception, string what, int failures, TimeSpan pause);
    }
}

/// <summary>Runs of a job that failed one after the other.</summary>
/// <param name="Since">When the first of them failed.</param>
/// <param name="LastError">The type of the last exception. Its message may contain hosts, users or addresses, so it is only in the log.</param>
internal sealed record FailedRuns(int Count, DateTimeOffset Since, string LastError);
