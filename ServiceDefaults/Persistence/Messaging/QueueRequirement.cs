using MassTransit;

namespace LinkShort.ServiceDefaults.Messaging;

public static class QueueRequirement
{
    /// <summary>
    /// Makes the broker return a message without a queue, so that publishing throws <see cref="MessageReturnedException"/>. By default the broker
    /// confirms such a message and drops it. One queue is enough: the broker doesn't know of queues that are not declared yet.
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
