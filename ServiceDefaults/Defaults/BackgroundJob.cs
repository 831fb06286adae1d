using System.Numerics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults;

/// <summary>
/// Work that a service does by itself, a turn at a time, for as long as it runs. Only the end of the service ends it: whatever else ends a
/// turn, a time-out or a bug, is logged, and the turn is taken again after 1 s, 2 s, 4 s … up to a minute, and never later than it would
/// have been otherwise.
/// </summary>
/// <param name="what">For the log: what a turn does, such as <c>Assembling exports</c>.</param>
public abstract partial class BackgroundJob(string what, TimeProvider time, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    protected TimeProvider Time => time;

    protected ILogger Logger => logger;

    /// <summary>From the end of a turn that went well to the next.</summary>
    protected abstract TimeSpan Interval { get; }

    /// <summary>From the start of the service to the first turn.</summary>
    protected virtual TimeSpan FirstAfter => TimeSpan.Zero;

    /// <summary>One turn: everything that is due.</summary>
    protected abstract Task RunAsync(CancellationToken cancellationToken);

    /// <summary>Waits between turns. A job that is woken by a signal waits for that, too.</summary>
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
                // An outage of hours is told of a dozen times.
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
