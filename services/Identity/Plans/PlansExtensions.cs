using MassTransit;

namespace LinkShort.Identity.Plans;

/// <summary>The plans of workspaces: in tokens, and the limits of members, single sign-on and the audit log's export.</summary>
public static class PlansExtensions
{
    public static void AddPlans(this IServiceCollection services)
    {
        services.AddSingleton<MemberCount>();
        services.AddHostedService(provider => provider.GetRequiredService<MemberCount>());
    }

    public static void AddPlanConsumers(this IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<WorkspacePlanConsumer>();
        bus.AddConsumer<DefaultWorkspacePlanConsumer>();
        bus.AddConsumer<BillingNoticeRaisedConsumer>();
    }
}
