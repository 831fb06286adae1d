using LinkShort.Contracts;
using MassTransit;

namespace LinkShort.Redirect.Safety;

/// <summary>Updates the read model. Consumed by one of the replicas.</summary>
public sealed class SuspensionChangedConsumer(SuspensionStore store) : IConsumer<SuspensionChanged>
{
    public Task Consume(ConsumeContext<SuspensionChanged> context)
    {
        return store.ApplyAsync(context.Message, context.CancellationToken);
    }
}

/// <summary>Updates this replica's memory. Consumed by every replica, from its own queue.</summary>
public sealed class SuspensionNoticeConsumer(Suspensions suspensions) : IConsumer<SuspensionChanged>
{
    public Task Consume(ConsumeContext<SuspensionChanged> context)
    {
        suspensions.Apply(context.Message);
        return Task.CompletedTask;
    }
}
