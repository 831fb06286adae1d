using LinkShort.ServiceDefaults.Health;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace LinkShort.ServiceDefaults.Redis;

public static class RedisExtensions
{
    /// <summary>
    /// Registers <see cref="IConnectionMultiplexer"/> for <c>ConnectionStrings:{connectionName}</c>, with the health check
    /// <c>StackExchange.Redis</c>: Aspire.StackExchange.Redis, with our time-outs. The service starts without Redis
    /// and connects as soon as it is available; until then calls throw <see cref="RedisConnectionException"/> without waiting.
    /// Without Redis a service is <c>Degraded</c>: no data is only there. <see cref="RedisMemory"/> reads how full it is.
    /// </summary>
    public static void AddRedisClient(this IHostApplicationBuilder builder, string connectionName)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var connectionString = ConnectionStrings.Required(builder.Configuration, connectionName, "Aspire:StackExchange:Redis");
        var clientName = builder.Environment.ApplicationName;
        AspireRedisExtensions.AddRedisClient(
            builder,
            connectionName,
            settings =>
            {
                settings.ConnectionString = connectionString;
                settings.DisableAutoActivation = false;
                // Its instrumentation profiles every command, even outside a trace; RedisTracing replaces it.
                settings.DisableTracing = true;
            },
            options =>
            {
                options.AbortOnConnectFail = false;
                options.ConnectTimeout = 2_000;
                options.SyncTimeout = 2_000;
                // By default commands wait for a connection until they time out. Ours have a fallback.
                options.BacklogPolicy = BacklogPolicy.FailFast;
                options.ClientName = clientName;
            });
        builder.Services.AddRedisTracing();
        builder.Services.AddSingleton<RedisMemory>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RedisMemory>());
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            "Redis memory", services => services.GetRequiredService<RedisMemory>(), HealthStatus.Degraded, ["ready"], TimeSpan.FromSeconds(3)));
        builder.Services.ConfigureReadinessCheck("StackExchange.Redis", HealthStatus.Degraded, TimeSpan.FromSeconds(3));
    }
}
