using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LinkShort.ServiceDefaults.Health;

public static class ReadinessChecks
{
    /// <summary>Gives a health check that a package registered the failure status, tag and time-out of our own checks.</summary>
    /// <param name="name">As the package names it.</param>
    /// <exception cref="InvalidOperationException">At the first health probe: there is no check of that name.</exception>
    public static void ConfigureReadinessCheck(this IServiceCollection services, string name, HealthStatus failureStatus, TimeSpan timeout) =>
        services.Configure<HealthCheckServiceOptions>(options =>
        {
            var check = options.Registrations.Single(registration => registration.Name == name);
            check.FailureStatus = failureStatus;
            check.Timeout = timeout;
            check.Tags.Add("ready");
        });
}
