using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using LinkShort.ServiceDefaults.Logging;
using MassTransit;
using RabbitMQ.Client;

namespace LinkShort.ServiceDefaults.Messaging;

/// <summary>A message that its consumer could not handle.</summary>
/// <param name="Queue">The queue that it was delivered from, and to which it is put back.</param>
/// <param name="MessageId">Null for a message that is not one of ours.</param>
/// <param name="Type">Such as <c>LinkRemoved</c>; null if it can't be read.</param>
/// <param name="Reason">The exception's text, without secrets and addresses.</param>
/// <param name="ParkedAt">UTC; null when the header is missing.</param>
/// <param name="TraceId">Of the request or job that caused it, as in logs and problem details; null without tracing.</param>
public sealed record ParkedMessage(string Queue, Guid? MessageId, string? Type, string Reason, DateTimeOffset? ParkedAt, string? TraceId);

/// <param name="Since">When the oldest one was parked; null if the header is missing.</param>
internal sealed record ParkedInQueue(string Queue, long Count, DateTimeOffset? Since);

/// <summary>
/// The error queues of this service, for operators. MassTransit moves a message there with its reason in headers. Listing takes messages without
/// acknowledging them; closing the channel returns them to their places.
/// </summary>
internal sealed class ParkedMessages(Uri broker, string connectionName, IMeterFactory meters) : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly CreateChannelOptions Confirmed = new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);

    private readonly ConcurrentDictionary<string, byte> _queues = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _since = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _connecting = new(1);
    private readonly Counter<long> _parked = meters.Create("LinkShort.Messaging")
        .CreateCounter<long>("linkshort.messaging.parked", "{message}", "Messages that could not be handled and were parked.");

    private IConnection? _connection;

    /// <summary>Raised when this process has parked a message.</summary>
    public Signal Added { get; } = new();

    /// <summary>Names of the queues whose messages are parked when they can't be handled.</summary>
    public IReadOnlyList<string> Queues => [.. _queues.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Adds a queue of this service.</summary>
    public void Add(string queue) => _queues[queue] = 0;

    /// <summary>Counts a message that this process has just parked.</summary>
    public void Parked(string queue)
    {
        _parked.Add(1, new KeyValuePair<string, object?>("queue", queue));
        Added.Raise();
    }

    /// <returns>The queues with parked messages.</returns>
    public async Task<IReadOnlyList<ParkedInQueue>> CountAsync(CancellationToken cancellationToken)
    {
        if (_queues.IsEmpty)
        {
            return [];
        }

        var counted = new List<ParkedInQueue>();
        await using var channel = await OpenAsync(cancellationToken);
        foreach (var queue in Queues)
        {
            var count = await CountAsync(channel, queue, cancellationToken);
            if (count == 0)
            {
                _since.TryRemove(queue, out _);
                continue;
            }

            // Read once: each read is a delivery, and a quorum queue drops messages that were delivered too often.
            if (!_since.TryGetValue(queue, out var since) && await channel.BasicGetAsync(ErrorQueueOf(queue), autoAck: false, cancellationToken) is { } oldest)
            {
                await channel.BasicNackAsync(oldest.DeliveryTag, multiple: false, requeue: true, cancellationToken);
                if (ParkedAt(oldest.BasicProperties) is { } at)
                {
                    _since[queue] = since = at;
                }
            }

            counted.Add(new ParkedInQueue(queue, count, since == default ? null : since));
        }

        return counted;
    }

    /// <summary>Lists the oldest messages, queue by queue.</summary>
    /// <param name="queue">Null for all queues.</param>
    public async Task<IReadOnlyList<ParkedMessage>> ListAsync(string? queue, int limit, CancellationToken cancellationToken)
    {
        var listed = new List<ParkedMessage>();
        await using var channel = await OpenAsync(cancellationToken);
        foreach (var each in queue is null ? Queues : [queue])
        {
            for (var left = await CountAsync(channel, each, cancellationToken); left > 0 && listed.Count < limit; left--)
            {
                if (await channel.BasicGetAsync(ErrorQueueOf(each), autoAck: false, cancellationToken) is not { } message)
                {
                    break;
                }

                listed.Add(Describe(each, message));
            }
        }

        return listed;
    }

    /// <summary>
    /// Puts messages back into their queue, without the reason. After a kill in between, a message is in both queues; its consumer's inbox makes sure
    /// that it is handled once.
    /// </summary>
    /// <param name="queue">Null for all queues.</param>
    /// <param name="messageId">Null for all messages that are parked now.</param>
    /// <returns>The number of messages.</returns>
    public Task<int> RetryAsync(string? queue, Guid? messageId, CancellationToken cancellationToken) =>
        TakeAsync(queue, messageId, PutBackAsync, cancellationToken);

    /// <summary>Deletes messages.</summary>
    /// <inheritdoc cref="RetryAsync"/>
    public Task<int> DropAsync(string? queue, Guid? messageId, CancellationToken cancellationToken) =>
        TakeAsync(queue, messageId, static (_, _, _, _) => Task.CompletedTask, cancellationToken);

    public void Dispose()
    {
        _connecting.Dispose();
        Added.Dispose();
        _connection?.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        _connecting.Dispose();
        Added.Dispose();
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }
    }

    private async Task<int> TakeAsync(
        string? queue, Guid? messageId, Func<IChannel, string, BasicGetResult, CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        var taken = 0;
        await using var channel = await OpenAsync(cancellationToken);
        foreach (var each in queue is null ? Queues : [queue])
        {
            // Not until the queue is empty, because messages that fail again are parked again.
            for (var left = await CountAsync(channel, each, cancellationToken); left > 0; left--)
            {
                if (await channel.BasicGetAsync(ErrorQueueOf(each), autoAck: false, cancellationToken) is not { } message)
                {
                    break;
                }

                if (messageId is not null && MessageIdOf(message.BasicProperties) != messageId)
                {
                    continue;
                }

                await act(channel, each, message, cancellationToken);
                await channel.BasicAckAsync(message.DeliveryTag, multiple: false, cancellationToken);
                taken++;
            }

            _since.TryRemove(each, out _);
        }

        return taken;
    }

    private static async Task PutBackAsync(IChannel channel, string queue, BasicGetResult message, CancellationToken cancellationToken)
    {
        var properties = new BasicProperties(message.BasicProperties)
        {
            Headers = message.BasicProperties.Headers?
                .Where(header => !header.Key.StartsWith("MT-Fault-", StringComparison.Ordinal) && header.Key != MessageHeaders.Reason)
                .ToDictionary(header => header.Key, header => header.Value),
        };
        // Returns when the broker has confirmed it.
        await channel.BasicPublishAsync(exchange: "", routingKey: queue, mandatory: true, properties, message.Body, cancellationToken);
    }

    /// <summary>Declares the error queue like MassTransit does for its first message, because a missing queue would close the channel.</summary>
    private static async Task<uint> CountAsync(IChannel channel, string queue, CancellationToken cancellationToken) =>
        (await channel.QueueDeclareAsync(ErrorQueueOf(queue), durable: true, exclusive: false, autoDelete: false, cancellationToken: cancellationToken)).MessageCount;

    private async Task<IChannel> OpenAsync(CancellationToken cancellationToken)
    {
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_connection is not { IsOpen: true })
            {
                if (_connection is not null)
                {
                    await _connection.DisposeAsync();
                    _connection = null;
                }

                var factory = new ConnectionFactory { Uri = broker, AutomaticRecoveryEnabled = false, RequestedConnectionTimeout = ConnectTimeout };
                _connection = await factory.CreateConnectionAsync(connectionName, cancellationToken);
            }

            return await _connection.CreateChannelAsync(Confirmed, cancellationToken);
        }
        finally
        {
            _connecting.Release();
        }
    }

    private static string ErrorQueueOf(string queue) => queue + "_error";

    private static ParkedMessage Describe(string queue, BasicGetResult message) => new(
        queue,
        MessageIdOf(message.BasicProperties),
        TypeOf(message),
        Redaction.All($"{Header(message.BasicProperties, MessageHeaders.FaultExceptionType) ?? "unknown"}: {Header(message.BasicProperties, MessageHeaders.FaultMessage)}"),
        ParkedAt(message.BasicProperties),
        // W3C: version, trace id, span id, flags.
        Header(message.BasicProperties, "MT-Activity-Id")?.Split('-') is [_, { Length: 32 } traceId, ..] ? traceId : null);

    private static Guid? MessageIdOf(IReadOnlyBasicProperties properties) => Guid.TryParse(properties.MessageId, out var id) ? id : null;

    private static DateTimeOffset? ParkedAt(IReadOnlyBasicProperties properties) => DateTimeOffset.TryParse(
        Header(properties, MessageHeaders.FaultTimestamp), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            ? at
            : null;

    /// <summary>From the envelope: <c>"messageType": ["urn:message:LinkShort.Contracts:LinkRemoved"]</c>.</summary>
    private static string? TypeOf(BasicGetResult message)
    {
        try
        {
            using var envelope = JsonDocument.Parse(message.Body);
            return envelope.RootElement.ValueKind is JsonValueKind.Object
                && envelope.RootElement.TryGetProperty("messageType", out var types) && types.ValueKind is JsonValueKind.Array && types.GetArrayLength() > 0
                && types[0].ValueKind is JsonValueKind.String
                    ? types[0].GetString()!.Split(':')[^1]
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Header(IReadOnlyBasicProperties properties, string name) => properties.Headers?.TryGetValue(name, out var value) != true
        ? null
        : value switch
        {
            byte[] bytes => Encoding.UTF8.GetString(bytes),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture),
        };
}
