namespace LinkShort.Contracts;

/// <summary>
/// Marks an event that no service consumes yet. Any other event waits in its outbox until a queue takes it; this one leaves when the broker
/// has confirmed it. Remove the mark together with adding the first consumer.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class WithoutConsumerAttribute : Attribute;
