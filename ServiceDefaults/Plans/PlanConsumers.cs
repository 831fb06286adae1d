using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using MassTransit;

namespace LinkShort.ServiceDefaults.Plans;

public static class PlanConsumersExtensions
{
    /// <summary>Beside the service's own consumers: keeps <see cref="WorkspacePlans"/> current.</summary>
    public static void AddPlanConsumers(this IBusRegistrationConfigurator bus)
    {
        ArgumentNullException.ThrowIfNull(bus);
        bus.AddConsumer<SubscriptionChangedConsumer>();
        bus.AddConsumer<DefaultPlanChangedConsumer>();
    }
}

public sealed class SubscriptionChangedConsumer(Database database) : InboxConsumer<SubscriptionChanged>(database)
{
    protected override Task HandleAsync(SubscriptionChanged message, UnitOfWork work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        return WorkspacePlans.StoreAsync(work, message.WorkspaceId, message.Entitlements, message.Version, cancellationToken);
    }
}

/// <summary>Without the inbox: the event is repeated every minute, and its version tells whether there is anything to do.</summary>
public sealed class DefaultPlanChangedConsumer(Database database) : IConsumer<DefaultPlanChanged>
{
    public async Task Consume(ConsumeContext<DefaultPlanChanged> context)
    {
        ArgumentNullException.ThrowIfNull(context);
        await using var work = await database.BeginAsync(context.CancellationToken);
        await WorkspacePlans.StoreAsync(work, WorkspacePlans.Default, context.Message.Entitlements, context.Message.Version, context.CancellationToken);
        await work.CommitAsync(context.CancellationToken);
    }
}
