using Dapper;
using LinkShort.ServiceDefaults.Data;
using MassTransit;
using Npgsql;

namespace LinkShort.ServiceDefaults.Messaging;

internal static class Inbox
{
    /// <summary>
    /// Longer than any redelivery takes. A parked message may be put back later than that: it was never handled, so it has no row here.
    /// </summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(14);

    public static async Task<bool> ReceiveOnceAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid messageId, string consumer, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(
            "insert into inbox (message_id, consumer) values (@messageId, @consumer) on conflict do nothing",
            new { messageId, consumer }, cancellationToken) == 1;
}

/// <summary>
/// Handles each message once: the inbox row, the changes and the resulting events are one transaction, so a redelivery after a crash finds
/// either all of them or none.
/// </summary>
public abstract class InboxConsumer<TMessage>(Database database) : IConsumer<TMessage> where TMessage : class
{
    public async Task Consume(ConsumeContext<TMessage> context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var messageId = context.MessageId ?? throw new InvalidOperationException($"A {typeof(TMessage).Name} came without a message id.");
        await using var work = await database.BeginAsync(context.CancellationToken);
        if (!await work.ReceiveOnceAsync(messageId, GetType().Name, context.CancellationToken))
        {
            return;
        }

        await HandleAsync(context.Message, work, context.CancellationToken);
        await work.CommitAsync(context.CancellationToken);
    }

    /// <summary>Makes the changes on <paramref name="work"/>'s connection. An exception rolls them back, and the message is redelivered.</summary>
    protected abstract Task HandleAsync(TMessage message, UnitOfWork work, CancellationToken cancellationToken);
}
