using System.Diagnostics.Metrics;
using System.Globalization;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Messaging;

/// <summary>Counts the parked messages of this service, of all replicas, for its health and for metrics.</summary>
internal sealed class ParkedMessagesMonitor : BackgroundJob, IHealthCheck
{
    public const string CheckName = "parked messages";

    private readonly ParkedMessages _messages;
    private readonly IEventStream _events;
    private volatile IReadOnlyList<ParkedInQueue> _waiting = [];

    public ParkedMessagesMonitor(
        ParkedMessages messages, IEventStream events, IMeterFactory meters, TimeProvider time, ILogger<ParkedMessagesMonitor> logger)
        : base("Counting parked messages", time, logger)
    {
        _messages = messages;
        _events = events;
        meters.Create("LinkShort.Messaging").CreateObservableGauge(
            "linkshort.messaging.parked.waiting",
            () => _waiting.Select(queue => new Measurement<long>(queue.Count, new KeyValuePair<string, object?>("queue", queue.Queue))),
            "{message}",
            "Parked messages that have not been put back or dropped yet.");
    }

    protected override TimeSpan Interval => TimeSpan.FromSeconds(30);

    protected override TimeSpan FirstAfter => TimeSpan.FromSeconds(5);

    /// <summary>Counts again, after an operator has put messages back or dropped them.</summary>
    public async Task MeasureAsync(CancellationToken cancellationToken) => _waiting = await _messages.CountAsync(cancellationToken);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_waiting is { Count: > 0 } waiting ? HealthCheckResult.Degraded(Describe(waiting)) : HealthCheckResult.Healthy());

    // Without the broker nothing is parked either, and the check of RabbitMQ reports it.
    protected override Task RunAsync(CancellationToken cancellationToken) => _events.IsConnected ? MeasureAsync(cancellationToken) : Task.CompletedTask;

    protected override Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _messages.Added.WaitAsync(atMost, cancellationToken);

    private static string Describe(IReadOnlyList<ParkedInQueue> waiting)
    {
        var total = waiting.Sum(queue => queue.Count);
        var queues = waiting.Select(queue => string.Create(
            CultureInfo.InvariantCulture, $"{queue.Count} in {queue.Queue}{(queue.Since is { } since ? $" since {since.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}" : "")}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{total} {(total == 1 ? "message" : "messages")} could not be handled and {(total == 1 ? "is" : "are")} parked: {string.Join(", ", queues)}. ./linkshort parked lists them.");
    }
}
