using System.ComponentModel.DataAnnotations;

namespace LinkShort.ServiceDefaults.Messaging;

public sealed class MessagingOptions
{
    public const string Section = "Messaging";

    /// <summary>
    /// How often a consumer tries a message again during an outage, with pauses of up to 5 s, before the message goes back to its queue, and
    /// from there to a consumer again. Below RabbitMQ's consumer_timeout (half an hour) no channel is closed for it.
    /// </summary>
    [Range(1, 200, ErrorMessage = "must be from 1 to 200. 60 are about five minutes; RabbitMQ's consumer_timeout must be longer.")]
    public int OutageRetries { get; set; } = 60;
}
