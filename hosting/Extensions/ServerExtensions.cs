using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using LinkShort.Hosting.Servers;

namespace Aspire.Hosting;

public static class PostgresBuilderExtensions
{
    /// <summary>A PostgreSQL server with its own cluster; scram-sha-256, loopback only.</summary>
    public static IResourceBuilder<PostgresServerResource> AddPostgres(this IDistributedApplicationBuilder builder, string name, IResourceBuilder<ParameterResource>? userName = null, IResourceBuilder<ParameterResource>? password = null, int? port = null)
    {
        var secret = password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password", special: false);
        var server = new PostgresServerResource(name, userName?.Resource, secret);
        server.Annotations.Add(new EndpointAnnotation(ProtocolType.Tcp, name: PostgresServerResource.PrimaryEndpointName, port: port) { TargetHost = "127.0.0.1" });
        server.Annotations.Add(new HealthProbeAnnotation($"{name}_check", (_, token) => PostgresServer.ProbeAsync(server, server.ConnectionStringExpression, token)));
        return builder.AddResource(server);
    }

    /// <summary>A database on the server, created when it is missing.</summary>
    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
    {
        var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
        builder.Resource.AddDatabase(name, database.DatabaseName);
        database.Annotations.Add(new HealthProbeAnnotation($"{name}_check", (_, token) => PostgresServer.ProbeAsync(database, database.ConnectionStringExpression, token)));
        return builder.ApplicationBuilder.AddResource(database);
    }

    /// <summary>Natively the data is always kept in the data folder; for Aspire it is a volume.</summary>
    public static IResourceBuilder<PostgresServerResource> WithDataVolume(this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false) => builder;
}

public static class RedisBuilderExtensions
{
    /// <summary>A Redis server with a password, loopback only.</summary>
    public static IResourceBuilder<RedisResource> AddRedis(this IDistributedApplicationBuilder builder, string name, int? port = null, IResourceBuilder<ParameterResource>? password = null)
    {
        var secret = password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password", special: false);
        var server = new RedisResource(name, secret);
        server.Annotations.Add(new EndpointAnnotation(ProtocolType.Tcp, name: RedisResource.PrimaryEndpointName, port: port) { TargetHost = "127.0.0.1" });
        server.Annotations.Add(new HealthProbeAnnotation($"{name}_check", (_, token) => RedisServer.ProbeAsync(server, token)));
        return builder.AddResource(server);
    }

    /// <summary>Keeps the data across restarts: an append-only file flushed every second, and snapshots.</summary>
    public static IResourceBuilder<RedisResource> WithPersistence(this IResourceBuilder<RedisResource> builder, TimeSpan? interval = null, long keysChangedThreshold = 1) =>
        builder.WithAnnotation(new PersistenceAnnotation(interval, keysChangedThreshold), ResourceAnnotationMutationBehavior.Replace);

    /// <summary>As on Aspire, a volume means persistence.</summary>
    public static IResourceBuilder<RedisResource> WithDataVolume(this IResourceBuilder<RedisResource> builder, string? name = null, bool isReadOnly = false) =>
        isReadOnly ? builder : builder.WithPersistence();
}

public static class RabbitMQBuilderExtensions
{
    /// <summary>A RabbitMQ node of its own, with a password, loopback only.</summary>
    public static IResourceBuilder<RabbitMQServerResource> AddRabbitMQ(this IDistributedApplicationBuilder builder, string name, IResourceBuilder<ParameterResource>? userName = null, IResourceBuilder<ParameterResource>? password = null, int? port = null)
    {
        var secret = password?.Resource ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password", special: false);
        var server = new RabbitMQServerResource(name, userName?.Resource, secret);
        server.Annotations.Add(new EndpointAnnotation(ProtocolType.Tcp, name: RabbitMQServerResource.PrimaryEndpointName, port: port) { TargetHost = "127.0.0.1" });
        var probe = new RabbitMQProbe(server);
        server.Annotations.Add(new HealthProbeAnnotation($"{name}_check", (_, token) => probe.AskAsync(token)));
        return builder.AddResource(server);
    }

    /// <summary>Turns on the management plugin: its API and pages at the endpoint "management".</summary>
    public static IResourceBuilder<RabbitMQServerResource> WithManagementPlugin(this IResourceBuilder<RabbitMQServerResource> builder) => builder.WithManagementPlugin(port: null);

    public static IResourceBuilder<RabbitMQServerResource> WithManagementPlugin(this IResourceBuilder<RabbitMQServerResource> builder, int? port)
    {
        var management = new EndpointAnnotation(ProtocolType.Tcp, uriScheme: "http", name: RabbitMQServerResource.ManagementEndpointName, port: port) { TargetHost = "127.0.0.1" };
        builder.Resource.Annotations.Add(management);
        return builder;
    }

    /// <summary>Natively the data is always kept in the data folder; for Aspire it is a volume.</summary>
    public static IResourceBuilder<RabbitMQServerResource> WithDataVolume(this IResourceBuilder<RabbitMQServerResource> builder, string? name = null, bool isReadOnly = false) => builder;
}
