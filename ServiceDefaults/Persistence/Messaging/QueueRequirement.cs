using MassTransit;

namespace LinkShort.ServiceDefaults.Messaging;

public static class QueueRequirement
{
    /// <summary>
    /// The broker returns the message, and publishing throws <see cref="MessageReturnedException"/>, when no queue is bound for it. Otherwise it
    /// would confirm the message and drop it. One queue is enough: the broker doesn't know of those that other services have yet to declare.
    /// </summary>
    public static void RequireQueue(this SendContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.TryGetPayload<RabbitMqSendContext>(out var rabbit))
        {
            rabbit.Mandatory = true;
        }
    }
}
