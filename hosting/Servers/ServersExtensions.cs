using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace LinkShort.Hosting.Servers;

public static class ServersExtensions
{
    internal const string Setting = "LINKSHORT_SERVERS";

    /// <summary>
    /// Decides what runs the model's PostgreSQL, Redis and RabbitMQ, by <c>LINKSHORT_SERVERS</c>: <c>containers</c> as Aspire does,
    /// <c>native</c> from Debian's packages, <c>external</c> for managed servers (<c>ConnectionStrings__{name}</c>). Without the
    /// setting: containers if an engine responds, otherwise native. Names, endpoints, connection strings, health checks and commands remain
    /// the model's. Call last, before Build().
    /// </summary>
    /// <exception cref="DistributedApplicationException">The setting is invalid, or the servers that it requires are not installed.</exception>
    public static IDistributedApplicationBuilder RunServers(this IDistributedApplicationBuilder builder, Installation installation)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(installation);
        if (!builder.ExecutionContext.IsRunMode)
        {
            return builder;
        }

        var servers = builder.Resources.OfType<ContainerResource>().ToArray();
        var choice = builder.Configuration[Setting] is { Length: > 0 } setting ? setting : Native.HasContainerEngine() ? "containers" : "native";
        switch (choice)
        {
            case "native":
                RunNatively(builder, installation, servers);
                break;
            case "containers":
                ContainerServers.Use(builder, installation, servers);
                break;
            case "external":
                foreach (var server in servers)
                {
                    ExternalServers.Use(builder, server);
                }

                break;
            default:
                throw new DistributedApplicationException($"{Setting} is '{choice}': set it to containers, native or external, or leave it empty.");
        }

        return builder;
    }

    private static void RunNatively(IDistributedApplicationBuilder builder, Installation installation, ContainerResource[] servers)
    {
        var missing = servers.SelectMany(server => server switch
        {
            PostgresServerResource => NativePostgres.MissingPackages(),
            RedisResource => NativeRedis.MissingPackages(),
            RabbitMQServerResource => NativeRabbitMQ.MissingPackages(),
            _ => [],
        }).Order(StringComparer.Ordinal).ToArray();
        if (missing.Length > 0)
        {
            throw new DistributedApplicationException($"Not installed: {string.Join(", ", missing)}. Run {(Native.IsRoot ? "" : "sudo ")}apt-get install -y --no-install-recommends {string.Join(' ', missing)}, or set {Setting}=containers or external.");
        }

        foreach (var server in servers)
        {
            switch (server)
            {
                case PostgresServerResource postgres: NativePostgres.Swap(builder, installation, postgres); break;
                case RedisResource redis: NativeRedis.Swap(builder, installation, redis); break;
                case RabbitMQServerResource rabbit: NativeRabbitMQ.Swap(builder, installation, rabbit); break;
                default: throw new DistributedApplicationException($"'{server.Name}' needs a container engine, and none responds.");
            }
        }
    }
}
