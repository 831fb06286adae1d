using System.Text.Json;
using LinkShort.Clicks;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace LinkShort.Bench;

/// <summary>Replaces analytics and only counts: clicks are consumed, but not unpacked.</summary>
internal sealed class ClickCounter : IAsyncDisposable
{
    private const string Exchange = "LinkShort.Contracts:ClicksRecorded";
    private readonly IConnection _connection;
    private long _clicks;

    private ClickCounter(IConnection connection) => _connection = connection;

    /// <summary>Clicks that arrived so far.</summary>
    public long Clicks => Interlocked.Read(ref _clicks);

    public static async Task<ClickCounter> StartAsync(Uri broker, CancellationToken cancellationToken)
    {
        var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync(cancellationToken);
        var counter = new ClickCounter(connection);
        var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await channel.ExchangeDeclareAsync(Exchange, ExchangeType.Fanout, durable: true, cancellationToken: cancellationToken);
        await channel.QueueDeclareAsync("bench-clicks", durable: true, exclusive: false, autoDelete: false, cancellationToken: cancellationToken);
        await channel.QueueBindAsync("bench-clicks", Exchange, "", cancellationToken: cancellationToken);
        await channel.BasicQosAsync(0, 50, global: false, cancellationToken);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            Interlocked.Add(ref counter._clicks, Count(delivery.Body.Span));
            await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
        };
        await channel.BasicConsumeAsync("bench-clicks", autoAck: false, consumer, cancellationToken);
        return counter;
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static int Count(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("packed"u8) && reader.Read() && reader.TokenType == JsonTokenType.String)
            {
                return ClickBatch.CountOf(reader.GetBytesFromBase64());
            }
        }

        return 0;
    }
}
