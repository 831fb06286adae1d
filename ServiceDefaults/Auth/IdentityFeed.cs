using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>Whether events reach this replica. Registered with the bus; a service without a bus has none.</summary>
public interface IEventStream
{
    bool IsConnected { get; }
}

/// <summary>
/// Keeps a copy of identity's data up to date in memory. Events bring changes at once; this job reads the data from identity at the start,
/// every few seconds in case an event was lost, and more often while RabbitMQ is unavailable and no events arrive.
/// </summary>
/// <param name="what">For the log: <c>Reading revoked access from identity</c>.</param>
/// <param name="intervalWithoutEvents">Between two reads while identity or the event stream is unavailable.</param>
public abstract class IdentityFeed(
    string what, TimeSpan intervalWithoutEvents, IServiceProvider services, TimeProvider time, ILogger logger) : BackgroundJob(what, time, logger)
{
    private static readonly TimeSpan IntervalWithEvents = TimeSpan.FromSeconds(5);

    /// <summary>For one read.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private bool _hasEvents;

    protected sealed override TimeSpan Interval => _hasEvents ? IntervalWithEvents : intervalWithoutEvents;

    /// <summary>Reads the data from identity and keeps it.</summary>
    /// <exception cref="Exception">identity is unavailable.</exception>
    protected abstract Task ReadAsync(CancellationToken cancellationToken);

    /// <summary>Called after each read, successful or not.</summary>
    protected virtual void AfterReading()
    {
    }

    protected static async Task WithinTimeoutAsync(Func<CancellationToken, Task> read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(read);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        await read(timeout.Token);
    }

    protected sealed override async Task RunAsync(CancellationToken cancellationToken)
    {
        // The stream is not a constructor parameter: building the token validation must not connect to the broker.
        // Its state is taken before the read: changes published while it is connected arrive as events, and the read covers earlier ones.
        var hasEvents = services.GetService<IEventStream>()?.IsConnected == true;
        _hasEvents = false;
        try
        {
            await WithinTimeoutAsync(ReadAsync, cancellationToken);
            _hasEvents = hasEvents;
        }
        finally
        {
            AfterReading();
        }
    }
}
