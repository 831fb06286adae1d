using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace LinkShort.ServiceDefaults.Messaging;

public static class QueueReadiness
{
    /// <summary>
    /// Makes the service unhealthy until its queues exist: until then, what others publish for it waits in their outboxes. The broker keeps the queues,
    /// so a later outage doesn't count. For services that depend on events; one that must serve without a broker doesn't call it.
    /// </summary>
    public static void AddQueueReadiness(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<QueuesCheck>();
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            "Queues", services => services.GetRequiredService<QueuesCheck>(), HealthStatus.Unhealthy, ["ready"]));
    }

    private sealed class QueuesCheck(IBusControl bus) : IHealthCheck
    {
        private volatile bool _made;

        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            _made = _made || bus.CheckHealth().Status == BusHealthStatus.Healthy;
            return Task.FromResult(_made
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy("The queues have not been declared yet: waiting for RabbitMQ."));
        }
    }
}
