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
    /// Feature flags: <see cref="Features"/>, evaluated by Microsoft.FeatureManagement on definitions from identity. Beside
    /// <c>AddMessaging</c>, by which changes arrive within a second, and <c>AddTokenAuthentication</c>.
    /// </summary>
    public static void AddFeatures(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.TryAddSingleton<FeatureFlags>();
        services.AddSingleton<IFeatureDefinitionProvider>(provider => provider.GetRequiredService<FeatureFlags>());
        services.AddFeatureManagement().AddFeatureFilter<AudienceFilter>();
        services.AddHttpClient(IdentityFeatures.HttpClientName);
        services.TryAddSingleton<IFeatureSource, IdentityFeatures>();
        services.AddSingleton<FeatureExposures>();
        services.AddHostedService(provider => provider.GetRequiredService<FeatureExposures>());
        services.AddSingleton<Features>();
        services.AddHostedService<FeatureFeed>();
    }
}

/// <summary>Every replica of every service hears of every change, on a queue of its own that goes away with it.</summary>
internal sealed class FeatureFlagChangedConsumer(FeatureFlags flags) : IConsumer<FeatureFlagChanged>
{
    public Task Consume(ConsumeContext<FeatureFlagChanged> context)
    {
        flags.Apply(context.Message);
        return Task.CompletedTask;
    }

    public static void Register(IBusRegistrationConfigurator bus) =>
        bus.AddConsumer<FeatureFlagChangedConsumer>().Endpoint(endpoint =>
        {
            endpoint.InstanceId = Guid.CreateVersion7().ToString("N");
            endpoint.Temporary = true;
        });
}
