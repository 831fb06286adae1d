using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Discovery;

/// <summary>Service discovery for every client of <see cref="IHttpClientFactory"/>.</summary>
internal static class ServiceDiscoveryExtensions
{
    /// <summary>Longer, and a replica whose machine is gone (no answer at all, not a refusal) would hold up each request.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Clients may say <c>https+http://links</c>; see <see cref="ServiceEndpointResolver"/> for the settings behind it.
    /// Works in any order with AddHttpResilience: that one is always outside, so that each try can go to another replica.
    /// </summary>
    internal static void AddServiceDiscovery(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ServiceEndpointResolver>();
        services.TryAddSingleton<ReplicaRotation>();
        services.ConfigureHttpClientDefaults(client => client
            .UseSocketsHttpHandler((handler, _) => handler.ConnectTimeout = ConnectTimeout)
            .ConfigureAdditionalHttpMessageHandlers((handlers, provider) => handlers.Add(new ServiceDiscoveryHandler(
                provider.GetRequiredService<ServiceEndpointResolver>(),
                provider.GetRequiredService<ReplicaRotation>(),
                provider.GetRequiredService<ILogger<ServiceDiscoveryHandler>>()))));
    }
}
