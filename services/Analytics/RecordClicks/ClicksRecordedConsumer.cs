using LinkShort.Contracts;
using MassTransit;

namespace LinkShort.Analytics.RecordClicks;

/// <summary>Acknowledges a batch once its clicks are committed.</summary>
public sealed class ClicksRecordedConsumer(ClickWriter writer) : IConsumer<ClicksRecorded>
{
    public Task Consume(ConsumeContext<ClicksRecorded> context)
    {
        return writer.StoreAsync(context.Message, context.CancellationToken);
    }
}

/// <summary>Admits enough batches for <see cref="ClickWriter"/> to commit several together.</summary>
public sealed class ClicksRecordedConsumerDefinition : ConsumerDefinition<ClicksRecordedConsumer>
{
    private const int BatchesInFlight = 64;

    public ClicksRecordedConsumerDefinition() => ConcurrentMessageLimit = BatchesInFlight;

    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator,
        IConsumerConfigurator<ClicksRecordedConsumer> consumerConfigurator,
        IRegistrationContext context)
    {
        endpointConfigurator.PrefetchCount = BatchesInFlight;
    }
}
