using LinkShort.ServiceDefaults;
using LinkShort.Visitors.Geography;
using LinkShort.Visitors.Networks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Visitors;

public static class VisitorExtensions
{
    /// <summary>Adds the data about addresses: <see cref="Places"/> and <see cref="KnownNetworks"/>.</summary>
    public static void AddVisitors(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddValidatedOptions<GeoIpOptions>(GeoIpOptions.Section);
        builder.Services.AddSingleton<Places>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Places>());
        builder.AddValidatedOptions<NetworkOptions>(NetworkOptions.Section);
        builder.Services.AddSingleton<KnownNetworks>();
        builder.Services.AddHostedService(services => services.GetRequiredService<KnownNetworks>());
        builder.Services.AddHealthChecks()
            .Add(new HealthCheckRegistration("city data", services => services.GetRequiredService<Places>(), HealthStatus.Degraded, ["ready", "note"]));
    }
}
