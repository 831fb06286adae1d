using System.Diagnostics;
using System.Diagnostics.Metrics;
using Dapper;
using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LinkShort.ServiceDefaults.Messaging;

/// <summary>
/// Publishes what waits in the outbox, oldest first, and deletes it once the broker has confirmed. Killed in between, it publishes
/// again under the same message ids. Replicas share the work row by row, so order across rows is not promised: consumers compare versions.
/// </summary>
internal sealed partial class OutboxRelay(
    NpgsqlDataSource source, OutboxSignal signal, IBusControl bus, IMeterFactory meters, TimeProvider time, ILogger<OutboxRelay> logger) : BackgroundService
{
    private const int BatchSize = 100;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(5);
    private static readonly ActivitySource Tracing = new("LinkShort.Outbox");

    private readonly Counter<long> _published = meters.Create("LinkShort.Outbox")
        .CreateCounter<long>("linkshort.outbox.published", "{message}", "Messages that the broker confirmed.");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Before this service's own queues are bound, the broker confirms what nobody gets. Starting without the broker is fine.
        if (await bus.WaitForHealthStatus(BusHealthStatus.Healthy, stoppingToken) is not BusHealthStatus.Healthy)
        {
            return;
        }

        var delay = TimeSpan.Zero;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await PublishBatchAsync(stoppingToken) < BatchSize)
                {
                    await signal.WaitAsync(PollInterval, stoppingToken);
                }

                delay = TimeSpan.Zero;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Broker or database away: everything stays in the outbox.
                delay = TimeSpan.FromSeconds(Math.Min(2, delay.TotalSeconds + 0.5));
                Log.Waiting(logger, exception, delay);
                await Task.Delay(delay, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<int> PublishBatchAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var rows = (await connection.QueryAsync<Row>(
            """
            select position, message_id, type, body::text as body, trace_parent, trace_state
            from outbox order by position limit @BatchSize for update skip locked
            """,
            new { BatchSize }, transaction)).AsList();
        if (rows.Count == 0)
        {
            return 0;
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(PublishTimeout);
        // Started in order on one channel, confirmed together: a round trip for the batch, not for each row.
        await Task.WhenAll(rows.Select(row => PublishAsync(row, timeout.Token)));
        await connection.ExecuteAsync(
            "delete from outbox where position = any(@Positions)", new { Positions = rows.Select(row => row.Position).ToArray() }, transaction);
        await transaction.CommitAsync(cancellationToken);
        _published.Add(rows.Count);
        return rows.Count;
    }

    private async Task PublishAsync(Row row, CancellationToken cancellationToken)
    {
        var (message, type) = Outbox.Read(row.Type, row.Body);
        // The trace of the request that caused the event continues through the broker: MassTransit's span and headers follow this one.
        using var activity = ActivityContext.TryParse(row.TraceParent, row.TraceState, isRemote: true, out var parent)
            ? Tracing.StartActivity("outbox publish", ActivityKind.Producer, parent)
            : null;
        activity?.SetTag("messaging.message.id", row.MessageId);
        activity?.SetTag("messaging.destination.name", row.Type);
        await bus.Publish(message, type, context => context.MessageId = row.MessageId, cancellationToken);
    }

    private sealed record Row(long Position, Guid MessageId, string Type, string Body, string? TraceParent, string? TraceState);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The outbox can't be published now; trying again in {Delay}.")]
        public static partial void Waiting(ILogger logger, Exception exception, TimeSpan delay);
    }
}
