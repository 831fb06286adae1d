using System.Runtime.CompilerServices;
using MassTransit;
using MassTransit.RabbitMqTransport.Configuration;

namespace LinkShort.ServiceDefaults.Messaging;

/// <summary>
/// Reconnects to an unavailable broker after 0.5, 0.75, 1.25 and then every 2 s. MassTransit's own pauses are 6, 9, 15, 27 and then 30 s, and
/// it has no setting for them: consumers would be idle for up to half a minute after the broker is available again.
/// </summary>
internal static class Reconnection
{
    private const int Attempts = 1_000; // MassTransit starts over after the last one.
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    public static void TryOften(IRabbitMqBusFactoryConfigurator bus)
    {
        ref var policy = ref Policy((RabbitMqHostConfiguration)Host((RabbitMqBusFactoryConfigurator)bus));
        var theirs = policy;
        policy = Retry.CreatePolicy(retry =>
        {
            retry.Handle<Exception>(theirs.IsHandled);
            retry.Exponential(Attempts, Shortest, Longest, Shortest);
        });
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_hostConfiguration")]
    private static extern ref IRabbitMqHostConfiguration Host(RabbitMqBusFactoryConfigurator bus);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<ReceiveTransportRetryPolicy>k__BackingField")]
    private static extern ref IRetryPolicy Policy(RabbitMqHostConfiguration host);
}
