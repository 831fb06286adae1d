using System.Numerics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults;

/// <summary>
/// A recurring task that runs for as long as the service does. Any exception in a run, a timeout included, is logged, and the run is retried
/// after 1 s, 2 s, 4 s … up to a minute, but never later than the next run was due. Only stopping the service ends the job.
/// </summary>
/// <param name="what">What a run does, for the log, such as <c>Assembling exports</c>.</param>
public abstract partial class BackgroundJob(string what, TimeProvider time, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    protected TimeProvider Time => time;

    protected ILogger Logger => logger;

    /// <summary>From the end of a successful run to the start of the next.</summary>
    protected abstract TimeSpan Interval { get; }

    /// <summary>From the start of the service to the first run.</summary>
    protected virtual TimeSpan FirstAfter => TimeSpan.Zero;

    /// <summary>One run: everything that is due.</summary>
    protected abstract Task RunAsync(CancellationToken cancellationToken);

    /// <summary>Waits between runs. A job with a <see cref="Signal"/> overrides it to wait for that as well.</summary>
    protected virtual Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => Task.Delay(atMost, time, cancellationToken);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        for (var pause = FirstAfter; !stoppingToken.IsCancellationRequested;)
        {
            try
            {
                if (pause > TimeSpan.Zero)
                {
                    await WaitAsync(pause, stoppingToken);
                }

                await RunAsync(stoppingToken);
                failures = 0;
                pause = Interval;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                failures++;
                pause = RetryAfter(failures);
                // An outage of several hours is logged about ten times.
                if (BitOperations.IsPow2(failures))
                {
                    Log.Failed(logger, exception, what, failures, pause);
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
