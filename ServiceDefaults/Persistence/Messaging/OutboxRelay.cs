using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Dapper;
using LinkShort.ServiceDefaults.Data;
using MassTransit;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LinkShort.ServiceDefaults.Messaging;

/// <summary>
/// Publishes the events in the outbox, oldest first, and deletes each once the broker has confirmed that it is in a queue. After a kill in between,
/// it is published again with the same message id. Replicas share the work row by row, so the order is not guaranteed: consumers compare versions.
/// </summary>
/// <remarks>
/// No row holds up those behind it. An event without a queue is published again after 1, 2, 4 … seconds, up to five minutes. An event that this
/// version can't read is parked, and read again at each start, because only a newer version can read it.
/// </remarks>
internal sealed partial class OutboxRelay(
    NpgsqlDataSource source, OutboxSignal signal, IBusControl bus, IMeterFactory meters, TimeProvider time, ILogger<OutboxRelay> logger)
    : BackgroundJob("Publishing the outbox", time, logger)
{
    private const int BatchSize = 100;
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private static readonly ActivitySource Tracing = new("LinkShort.Outbox");

    private readonly OutboxMetrics _metrics = new(meters);

    /// <summary>Names of event types that had no queue at the last attempt, so that each is logged once.</summary>
    private readonly ConcurrentDictionary<string, byte> _unrouted = new(StringComparer.Ordinal);
    private bool _isReady;

    protected override TimeSpan Interval => TimeSpan.FromSeconds(1);

    protected override Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => signal.WaitAsync(atMost, cancellationToken);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        if (!_isReady)
        {
            // Before this service's queues are bound, an event for this service and another one would reach only the other's queue: for the broker
            // one queue is enough.
            if (await bus.WaitForHealthStatus(BusHealthStatus.Healthy, cancellationToken) is not BusHealthStatus.Healthy)
            {
                return;
            }

            await PublishParkedAsync(cancellationToken);
            _isReady = true;
        }

        while (await PublishBatchAsync(
            """
            select position, message_id, type, body::text as body, trace_parent, trace_state, false as is_parked
            from outbox where parked_at is null and next_attempt_at <= now()
            order by next_attempt_at, position limit @BatchSize for update skip locked
            """, after: 0, cancellationToken) is { Count: BatchSize })
        {
        }
    }

    /// <summary>Publishes events that an earlier version couldn't read. Those that this version can't read either remain parked.</summary>
    private async Task PublishParkedAsync(CancellationToken cancellationToken)
    {
        for (var after = 0L; await PublishBatchAsync(
            """
            select position, message_id, type, body::text as body, trace_parent, trace_state, true as is_parked
            from outbox where parked_at is not null and position > @after
            order by position limit @BatchSize for update skip locked
            """, after, cancellationToken) is { Count: > 0 } rows;)
        {
            after = rows[^1].Position;
        }
    }

    private async Task<IReadOnlyList<Row>> PublishBatchAsync(string sql, long after, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var rows = await connection.QueryAsync<Row>(sql, new { after, BatchSize }, cancellationToken);
        if (rows.Count == 0)
        {
            return rows;
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(PublishTimeout);
        // Published in order on one channel and confirmed together: one round trip per batch instead of one per row.
        var results = await Task.WhenAll(rows.Select(row => PublishAsync(row, timeout.Token)));
        var outcomes = results.ToLookup(result => result.Outcome);
        // If the broker answered for other rows, the failure concerns the row: it is postponed like one without a queue.
        var isBrokerAvailable = outcomes.Contains(Outcome.Confirmed) || outcomes.Contains(Outcome.Returned);
        await connection.ExecuteAsync(
            "delete from outbox where position = any(@Positions)",
            new { Positions = Positions(outcomes[Outcome.Confirmed]) }, cancellationToken);
        await PostponeAsync(
            transaction, [.. outcomes[Outcome.Returned], .. outcomes[Outcome.Failed].Where(_ => isBrokerAvailable)], cancellationToken);
        await ParkAsync(transaction, [.. outcomes[Outcome.Unreadable].Where(result => !result.Row.IsParked)], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Report(outcomes);
        return isBrokerAvailable || outcomes[Outcome.Failed].FirstOrDefault() is not { } failed
            ? rows
            : throw new DependencyUnavailableException("RabbitMQ", failed.Exception);
    }

    private async Task<Result> PublishAsync(Row row, CancellationToken cancellationToken)
    {
        object message;
        Type type;
        try
        {
            (message, type) = Outbox.Read(row.Type, row.Body);
        }
        catch (Exception exception)
        {
            return new Result(row, Outcome.Unreadable, exception);
        }

        // Continues the trace of the request that caused the event: MassTransit's span and headers are children of this span.
        using var activity = ActivityContext.TryParse(row.TraceParent, row.TraceState, isRemote: true, out var parent)
            ? Tracing.StartActivity("outbox publish", ActivityKind.Producer, parent)
            : null;
        activity?.SetTag("messaging.message.id", row.MessageId);
        activity?.SetTag("messaging.destination.name", row.Type);
        try
        {
            await bus.Publish(message, type, context =>
            {
                context.MessageId = row.MessageId;
                if (Outbox.NeedsQueue(type))
                {
                    context.RequireQueue();
                }
            }, cancellationToken);
            return new Result(row, Outcome.Confirmed);
        }
        catch (MessageReturnedException exception)
        {
            activity?.SetStatus(ActivityStatusCode.Error, "no queue");
            return new Result(row, Outcome.Returned, exception);
        }
        catch (Exception exception)
        {
            return new Result(row, Outcome.Failed, exception);
        }
    }

    private static async Task PostponeAsync(NpgsqlTransaction transaction, IReadOnlyList<Result> results, CancellationToken cancellationToken)
    {
        if (results.Count > 0)
        {
            // Up to a fifth more at random, so that rows that were returned together are not all retried together.
            await transaction.Connection!.ExecuteAsync(
                """
                update outbox set parked_at = null, parked_because = null, attempts = attempts + 1,
                    next_attempt_at = clock_timestamp() + interval '1 second' * least(power(2, least(attempts, 20)), @Longest) * (1 + random() / 5)
                where position = any(@Positions)
                """,
                new { Positions = Positions(results), Longest = LongestPause.TotalSeconds }, cancellationToken);
        }
    }

    private static async Task ParkAsync(NpgsqlTransaction transaction, IReadOnlyList<Result> results, CancellationToken cancellationToken)
    {
        if (results.Count > 0)
        {
            await transaction.Connection!.ExecuteAsync(
                """
                update outbox o set parked_at = clock_timestamp(), parked_because = p.reason
                from unnest(@Positions, @Reasons) as p (position, reason) where o.position = p.position
                """,
                new { Positions = Positions(results), Reasons = results.Select(result => result.Exception!.Message).ToArray() },
                cancellationToken);
        }
    }

    private void Report(ILookup<Outcome, Result> outcomes)
    {
        _metrics.Published(outcomes[Outcome.Confirmed].Count());
        _metrics.Returned(outcomes[Outcome.Returned].Count());
        foreach (var result in outcomes[Outcome.Confirmed])
        {
            _unrouted.TryRemove(result.Row.Type, out _);
        }

        foreach (var type in outcomes[Outcome.Returned].Select(result => result.Row.Type).Distinct().Where(type => _unrouted.TryAdd(type, 0)))
        {
            Log.NoQueue(Logger, type);
        }

        foreach (var parked in outcomes[Outcome.Unreadable].Where(result => !result.Row.IsParked).GroupBy(result => result.Row.Type))
        {
            _metrics.Parked(parked.Count());
            Log.Parked(Logger, parked.First().Exception!, parked.Count(), parked.Key);
        }
    }

    private static long[] Positions(IEnumerable<Result> results) => [.. results.Select(result => result.Row.Position)];

    private enum Outcome
    {
        Confirmed,

        /// <summary>By the broker: no queue is bound for it.</summary>
        Returned,

        /// <summary>Any other error, such as an unavailable broker.</summary>
        Failed,
        Unreadable,
    }

    private sealed record Result(Row Row, Outcome Outcome, Exception? Exception = null);

    private sealed record Row(long Position, Guid MessageId, string Type, string Body, string? TraceParent, string? TraceState, bool IsParked);

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning, "No queue is bound for {Type} events yet. They wait in the outbox until the service that consumes them has declared its queue.")]
        public static partial void NoQueue(ILogger logger, string type);

        [LoggerMessage(LogLevel.Error, "Parked {Count} {Type} events in the outbox: this version can't read them. They are read again at each start of the service.")]
        public static partial void Parked(ILogger logger, Exception exception, int count, string type);
    }
}

internal sealed class OutboxMetrics
{
    private readonly Counter<long> _published;
    private readonly Counter<long> _returned;
    private readonly Counter<long> _parked;

    public OutboxMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("LinkShort.Outbox");
        _published = meter.CreateCounter<long>("linkshort.outbox.published", "{message}", "Messages that the broker confirmed.");
        _returned = meter.CreateCounter<long>("linkshort.outbox.returned", "{message}", "Attempts that the broker returned because no queue takes the message.");
        _parked = meter.CreateCounter<long>("linkshort.outbox.parked", "{message}", "Messages that were parked because this version can't read them.");
    }

    public void Published(int messages) => Add(_published, messages);

    public void Returned(int messages) => Add(_returned, messages);

    public void Parked(int messages) => Add(_parked, messages);

    private static void Add(Counter<long> counter, int messages)
    {
        if (messages > 0)
        {
            counter.Add(messages);
        }
    }
}
