using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LinkShort.Hosting.Servers;

/// <summary>A server outside this installation: its health is checked, but it is never started or stopped.</summary>
internal sealed class ExternalServerResource(ContainerResource inner, string connectionString) : Resource(inner.Name), IResourceWithConnectionString
{
    public override ResourceAnnotationCollection Annotations => inner.Annotations;

    public ReferenceExpression ConnectionStringExpression { get; } = Literal(connectionString);

    /// <summary>A literal, so that nothing in a password is read as a placeholder.</summary>
    private static ReferenceExpression Literal(string text)
    {
        var expression = new ReferenceExpressionBuilder();
        expression.AppendLiteral(text);
        return expression.Build();
    }
}

internal static class ExternalServers
{
    public static void Use(IDistributedApplicationBuilder builder, Installation installation, ContainerResource inner)
    {
        var key = $"ConnectionStrings__{inner.Name}";
        var connectionString = builder.Configuration.GetConnectionString(inner.Name);
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            throw new DistributedApplicationException($"{key} is not set, and {ServersExtensions.Setting} is external{(installation.Record.Servers == "external" ? " or was, when this data folder was last used" : "")}: set it to the server's connection string.");
        }

        foreach (var annotation in inner.Annotations.Where(annotation => annotation is not WaitAnnotation and not ResourceRelationshipAnnotation).ToArray())
        {
            inner.Annotations.Remove(annotation);
        }

        // Host and port of an external server are not in the model, which the orchestrator warns about for each database.
        builder.Services.AddLogging(logging => logging.AddFilter("Aspire.Hosting.Orchestrator.ApplicationOrchestrator", LogLevel.Error));
        builder.Resources.Remove(inner);
        var external = new ExternalServerResource(inner, connectionString);
        inner.Annotations.Add(new ConnectionStringRedirectAnnotation(external));
        builder.AddResource(external).WithInitialState(new CustomResourceSnapshot { ResourceType = "ExternalServer", Properties = [], State = KnownResourceStates.NotStarted });
        Native.Attach(builder, external, inner, (checks, name, connection) =>
        {
            switch (inner)
            {
                case PostgresServerResource: checks.AddNpgSql(_ => connection() + ";Database=postgres", name: name); break;
                case RedisResource: checks.AddRedis(_ => connection(), name); break;
                case RabbitMQServerResource: NativeRabbitMQ.AddHealthCheck(checks, name, connection); break;
                default: throw new DistributedApplicationException($"'{inner.Name}' can't be an external server.");
            }
        });
        if (inner is PostgresServerResource postgres)
        {
            NativePostgres.CreateDatabasesWhenReady(builder, installation, postgres);
        }

        builder.Eventing.Subscribe<InitializeResourceEvent>(external, async (initialize, cancellationToken) =>
        {
            await initialize.Eventing.PublishAsync(new ConnectionStringAvailableEvent(external, initialize.Services), cancellationToken);
            await initialize.Notifications.PublishUpdateAsync(external, snapshot => snapshot with { State = KnownResourceStates.Running, StartTimeStamp = TimeProvider.System.GetUtcNow().UtcDateTime });
        });
    }
}
