using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace LinkShort.Hosting.Servers;

public static class ServersExtensions
{
    internal const string Setting = "LINKSHORT_SERVERS";

    private const string Containers = "containers";
    private const string NativeOnes = "native";

    /// <summary>
    /// Decides what runs the model's PostgreSQL, Redis and RabbitMQ, by <c>LINKSHORT_SERVERS</c>: <c>containers</c> as Aspire does,
    /// <c>native</c> from Debian's packages, <c>external</c> for managed servers (<c>ConnectionStrings__{name}</c>). Without the
    /// setting: what the data folder was last used with; for a new one containers if an engine responds, otherwise native. Names, endpoints,
    /// connection strings, health checks and commands remain the model's. Call last, before Build().
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
        var setting = builder.Configuration[Setting] is { Length: > 0 } text ? text : null;
        var last = installation.Record.Servers;
        var choice = setting ?? last ?? (Native.HasContainerEngine() ? Containers : NativeOnes);
        switch (choice)
        {
            case NativeOnes:
                RunNatively(builder, installation, servers, setting is null && last is not null);
                break;
            case Containers:
                ContainerServers.Use(builder, installation, servers, setting is null && last is not null
                    ? $"The servers of the data folder {installation.DataDirectory} are containers, and neither docker nor podman responds: start the container engine, or set {Setting}=native, dump the data there and restore it here."
                    : $"{Setting} is containers, but neither docker nor podman responds: start the container engine, or set {Setting} to native or external.");
                break;
            case "external":
                foreach (var server in servers)
                {
                    ExternalServers.Use(builder, installation, server);
                }

                break;
            default:
                throw new DistributedApplicationException($"{Setting} is '{choice}': set it to containers, native or external, or leave it empty.");
        }

        if (last is not null && last != choice && !installation.IsTemporary)
        {
            Console.WriteLine($"The data of {installation.DataDirectory} is with {last} servers; {Setting}={choice} has its own. To move it, dump and restore.");
        }

        installation.Record.Servers = choice;
        return builder;
    }

    private static void RunNatively(IDistributedApplicationBuilder builder, Installation installation, ContainerResource[] servers, bool isKept)
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
            var install = $"{(Native.IsRoot ? "" : "sudo ")}apt-get install -y --no-install-recommends {string.Join(' ', missing)}";
            throw new DistributedApplicationException(isKept
                ? $"The servers of the data folder {installation.DataDirectory} are native, and not installed: {string.Join(", ", missing)}. Run {install}, or set {Setting}=containers, dump the data here and restore it there."
                : $"Not installed: {string.Join(", ", missing)}. Run {install}, or set {Setting}=containers or external.");
        }

        installation.CreateDataDirectory();

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
