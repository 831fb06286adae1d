using LinkShort.Contracts;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.FeatureManagement;

namespace LinkShort.ServiceDefaults.Features;

public static class FeatureExtensions
{
    /// <summary>
    /// Adds <see cref="Features"/>, evaluated by Microsoft.FeatureManagement on definitions from identity. Needs
    /// <c>AddTokenAuthentication</c>; with <see cref="AddFeatureConsumers"/> on the bus, changes arrive within a second.
    /// </summary>
    public static void AddFeatures(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.TryAddSingleton<FeatureFlags>();
        services.AddSingleton<IFeatureDefinitionProvider>(provider => provider.GetRequiredService<FeatureFlags>());
        services.AddFeatureManagement().AddFeatureFilter<AudienceFilter>();
        services.TryAddSingleton<IFeatureSource, IdentityFeatures>();
        services.AddSingleton<FeatureExposures>();
        services.AddHostedService(provider => provider.GetRequiredService<FeatureExposures>());
        services.AddSingleton<Features>();
        services.AddHostedService<FeatureFeed>();
    }

    /// <summary>Adds the consumer of changed flags to the service's own consumers.</summary>
    public static void AddFeatureConsumers(this IBusRegistrationConfigurator bus)
    {
        ArgumentNullException.ThrowIfNull(bus);
        bus.TryAddSingleton<FeatureFlags>();
        // Every replica receives every change, on a temporary queue of its own.
        bus.AddConsumer<FeatureFlagChangedConsumer>().Endpoint(endpoint =>
        {
            endpoint.InstanceId = Guid.CreateVersion7().ToString("N");
            endpoint.Temporary = true;
        });
    }
}

internal sealed class FeatureFlagChangedConsumer(FeatureFlags flags) : IConsumer<FeatureFlagChanged>
{
    public Task Consume(ConsumeContext<FeatureFlagChanged> context)
    {
        flags.Apply(context.Message);
        return Task.CompletedTask;
    }
}
