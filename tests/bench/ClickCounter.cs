using System.Buffers.Text;
using LinkShort.Contracts;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace LinkShort.Bench;

/// <summary>Stands where analytics listens, and only counts.</summary>
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

    /// <summary>The packed clicks are base64 in the message's JSON, their number in the first few bytes.</summary>
    private static int Count(ReadOnlySpan<byte> body)
    {
        var property = "\"packed\":\""u8;
        var start = body.IndexOf(property);
        if (start < 0)
        {
            return 0;
        }

        Span<byte> head = stackalloc byte[9];
        Base64.DecodeFromUtf8(body.Slice(start + property.Length, 12), head, out _, out var written);
        return ClickBatch.CountOf(head[..written]);
    }
}
