using System.Diagnostics.Metrics;
using System.Text.Json;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults.Messaging;

public static class MessagingExtensions
{
    /// <summary>
    /// Joins the bus at <c>ConnectionStrings:{connectionName}</c>, with the health checks <c>RabbitMQ.Client</c> (Degraded without
    /// a connection: events wait in the outbox) and <c>parked messages</c> (Degraded while there are any). Queues are named
    /// <c>{service}-{consumer}</c>. Every service on the bus receives revocations of access tokens. Settings: <see cref="MessagingOptions"/>.
    /// </summary>
    /// <param name="consumers">Adds this service's consumers.</param>
    /// <param name="endpoints">Endpoints beyond the conventional queue per consumer, such as temporary ones per replica.</param>
    public static void AddMessaging(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<IBusRegistrationConfigurator>? consumers = null,
        Action<IBusRegistrationContext, IRabbitMqBusFactoryConfigurator>? endpoints = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var address = new Uri(ConnectionStrings.Required(builder.Configuration, connectionName, "Aspire:RabbitMQ:Client"));
        builder.Services.TryAddSingleton<RevokedAccess>();
        builder.Services.TryAddSingleton<IEventStream, BusConnection>();
        builder.AddParkedMessages(address);
        var service = builder.Environment.ApplicationName.Replace("LinkShort.", "", StringComparison.Ordinal);
        builder.Services.AddMassTransit(bus =>
        {
            // On by default: it reports usage to MassTransit.
            bus.DisableUsageTelemetry();
            bus.SetEndpointNameFormatter(new KebabCaseEndpointNameFormatter(service, includeNamespace: false));
            bus.ConfigureHealthCheckOptions(options =>
            {
                options.Name = "RabbitMQ.Client";
                options.MinimalFailureStatus = HealthStatus.Degraded;
            });
            AccessRevokedConsumer.Register(bus);
            consumers?.Invoke(bus);
            bus.UsingRabbitMq((context, rabbit) =>
            {
                Reconnection.TryOften(rabbit);
                rabbit.Host(address, host =>
                {
                    var credentials = address.UserInfo.Split(':', 2);
                    host.Username(Uri.UnescapeDataString(credentials[0]));
                    host.Password(Uri.UnescapeDataString(credentials.ElementAtOrDefault(1) ?? ""));
                    host.ConnectionName(builder.Environment.ApplicationName);
                });
                // Indented by default, which adds a third to the size of clicks.
                rabbit.ConfigureJsonSerializerOptions(options => new JsonSerializerOptions(options) { WriteIndented = false });
                // An outage: wait without losing the place in the queue. After the last attempt FailedMessages returns the message there.
                rabbit.UseMessageRetry(retry =>
                {
                    retry.Handle<Exception>(Outages.IsOutage);
                    retry.Exponential(
                        context.GetRequiredService<IOptions<MessagingOptions>>().Value.OutageRetries,
                        TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(200));
                });
                // A race or a bug: a few quick retries, then the message is parked.
                rabbit.UseMessageRetry(retry =>
                {
                    retry.Handle<Exception>(exception => !Outages.IsOutage(exception));
                    retry.Intervals(50, 250, 1_000);
                });
                rabbit.ConnectEndpointConfigurationObserver(context.GetRequiredService<FailedMessages>());
                endpoints?.Invoke(context, rabbit);
                rabbit.ConfigureEndpoints(context);
            });
        });
    }

    /// <summary>Publishes the events in this service's outbox, and removes old rows from its inbox.</summary>
    public static void AddOutbox(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<OutboxSignal>();
        builder.Services.AddHostedService<OutboxRelay>();
        builder.AddOutboxBacklog();
        builder.Services.AddHourlyCleanup(
            "Old inbox rows", "delete from inbox where handled_at < @Before", now => new { Before = now - Inbox.Retention });
    }

    private static void AddParkedMessages(this IHostApplicationBuilder builder, Uri broker)
    {
        builder.AddValidatedOptions<MessagingOptions>(MessagingOptions.Section);
        var connectionName = $"{builder.Environment.ApplicationName} parked messages";
        builder.Services.AddSingleton(services => new ParkedMessages(broker, connectionName, services.GetRequiredService<IMeterFactory>()));
        builder.Services.AddSingleton<FailedMessages>();
        builder.Services.AddSingleton<ParkedMessagesMonitor>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ParkedMessagesMonitor>());
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            ParkedMessagesMonitor.CheckName, services => services.GetRequiredService<ParkedMessagesMonitor>(), HealthStatus.Degraded, ["ready"]));
    }
}
