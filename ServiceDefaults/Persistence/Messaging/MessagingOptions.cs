using System.ComponentModel.DataAnnotations;

namespace LinkShort.ServiceDefaults.Messaging;

public sealed class MessagingOptions
{
    public const string Section = "Messaging";

    /// <summary>
    /// Retries of a message during an outage, with pauses of up to 5 s, before it returns to its queue and is delivered again. Together they must be
    /// shorter than RabbitMQ's consumer_timeout (half an hour), after which the broker closes the channel.
    /// </summary>
    [Range(1, 200, ErrorMessage = "must be from 1 to 200. 60 are about five minutes; RabbitMQ's consumer_timeout must be longer.")]
    public int OutageRetries { get; set; } = 60;
}
