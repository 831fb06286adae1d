using LinkShort.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Blocklist;

public static class BlocklistExtensions
{
    /// <summary>
    /// Adds <see cref="CurrentBlocklist"/>, its refresh in the background, and the health check <c>block list</c> (Degraded at worst).
    /// </summary>
    public static void AddBlocklist(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddValidatedOptions<BlocklistOptions>(BlocklistOptions.Section);
        builder.Services.AddSingleton<CurrentBlocklist>();
        builder.Services.AddSingleton<BlocklistRefresher>();
        builder.Services.AddHostedService(services => services.GetRequiredService<BlocklistRefresher>());
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            "block list", services => services.GetRequiredService<BlocklistRefresher>(), HealthStatus.Degraded, ["ready"]));
    }
}
