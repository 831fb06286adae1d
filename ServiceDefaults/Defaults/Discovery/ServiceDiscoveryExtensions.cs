using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery;

namespace LinkShort.ServiceDefaults.Discovery;

/// <summary>Service discovery for every client of <see cref="IHttpClientFactory"/>.</summary>
internal static class ServiceDiscoveryExtensions
{
    /// <summary>Short, because a replica on a failed machine neither accepts nor refuses connections, and would delay every request.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Clients can call <c>https+http://links</c>; the addresses are settings like <c>services__links__http__0</c>.
    /// The package resolves names; <see cref="ReplicaFailoverHandler"/> chooses between replicas.
    /// </summary>
    internal static void AddServiceDiscovery(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        // Without the package's pass-through provider: a service without an address is an error that names the setting, not a DNS lookup.
        services.AddServiceDiscoveryCore();
        services.AddConfigurationServiceEndpointProvider();
        services.AddOptions<ServiceDiscoveryOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ServiceDiscoveryOptions>, ServiceAddressValidator>());
        services.TryAddSingleton<ReplicaRotation>();
        services.ConfigureHttpClientDefaults(client => client
            .UseSocketsHttpHandler((handler, _) => handler.ConnectTimeout = ConnectTimeout)
            .ConfigureAdditionalHttpMessageHandlers((handlers, provider) => handlers.Add(new ReplicaFailoverHandler(
                provider.GetRequiredService<ServiceEndpointResolver>(),
                provider.GetRequiredService<ReplicaRotation>(),
                provider.GetRequiredService<ILogger<ReplicaFailoverHandler>>()))));
    }
}
