using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>Whether events reach this replica. Registered by what connects it to the broker; a service without a bus has none.</summary>
public interface IEventStream
{
    bool IsConnected { get; }
}

/// <summary>
/// Keeps something of identity's up to date in memory: by events, which the derived class does not see, and by asking identity at the start,
/// every few seconds in case an event went missing, and more often while this replica receives none because RabbitMQ is away.
/// </summary>
/// <param name="what">For the log: <c>revoked access</c>.</param>
/// <param name="intervalWithoutEvents">Between two questions while events can't be relied on.</param>
public abstract partial class IdentityFeed(
    string what, TimeSpan intervalWithoutEvents, IServiceProvider services, TimeProvider time, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>For one question.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private bool _isAway;

    /// <summary>Asks identity and keeps the answer.</summary>
    /// <exception cref="Exception">It is away.</exception>
    protected abstract Task ReadAsync(CancellationToken cancellationToken);

    /// <summary>After each question, whether it was answered or not.</summary>
    protected virtual void AfterReading()
    {
    }

    protected static async Task WithinTimeoutAsync(Func<CancellationToken, Task> ask, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ask);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        await ask(timeout.Token);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not a parameter: connecting to the broker must not be part of building what validates tokens.
        var events = services.GetService<IEventStream>();
        while (!stoppingToken.IsCancellationRequested)
        {
            // Asked before: what is published after this queue was there is received, what was published earlier is read below.
            var isConnected = events?.IsConnected == true;
            try
            {
                await WithinTimeoutAsync(ReadAsync, stoppingToken);
                _isAway = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                if (!_isAway)
                {
                    Log.Away(logger, what, exception.Message);
                }

                _isAway = true;
            }

            AfterReading();
            await Task.Delay(isConnected && !_isAway ? Interval : intervalWithoutEvents, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "identity can't be asked for {What} now: {Reason}. Events still tell of changes; what is known stays.")]
        public static partial void Away(ILogger logger, string what, string reason);
    }
}
