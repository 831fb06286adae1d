using LinkShort.Contracts;
using MassTransit;

namespace LinkShort.Redirect.Safety;

/// <summary>Keeps the read model; one replica of all gets it.</summary>
public sealed class SuspensionChangedConsumer(SuspensionStore store) : IConsumer<SuspensionChanged>
{
    public Task Consume(ConsumeContext<SuspensionChanged> context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return store.ApplyAsync(context.Message, context.CancellationToken);
    }
}

/// <summary>Keeps this replica's memory, on its own queue: every replica gets it, straight from links.</summary>
public sealed class SuspensionNoticeConsumer(Suspensions suspensions) : IConsumer<SuspensionChanged>
{
    public Task Consume(ConsumeContext<SuspensionChanged> context)
    {
        ArgumentNullException.ThrowIfNull(context);
        suspensions.Apply(context.Message);
        return Task.CompletedTask;
    }
}
