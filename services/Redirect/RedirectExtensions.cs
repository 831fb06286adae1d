using System.Text;
using LinkShort.Blocklist;
using LinkShort.Contracts;
using LinkShort.Redirect.Answers;
using LinkShort.Redirect.ClickLimits;
using LinkShort.Redirect.Clicks;
using LinkShort.Redirect.EraseWorkspace;
using LinkShort.Redirect.Passwords;
using LinkShort.Redirect.ReadModel;
using LinkShort.Redirect.Routing;
using LinkShort.Redirect.Rules;
using LinkShort.Redirect.Safety;
using LinkShort.Redirect.WellKnown;
using LinkShort.Look;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Features;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.ServiceDefaults.Privacy;
using LinkShort.ServiceDefaults.Redis;
using LinkShort.Visitors;
using MassTransit;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LinkShort.Redirect;

public static class RedirectExtensions
{
    // Recorded as sent, whatever bytes they hold. Latin-1 accepts every byte; the publisher decodes them.
    private static readonly HashSet<string> RecordedHeaders =
        new(["User-Agent", "Referer", "Accept-Language", "Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"], StringComparer.OrdinalIgnoreCase);

    public static void AddRedirect(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<RedirectOptions>(RedirectOptions.Section);
        builder.AddValidatedOptions<AppLinkOptions>(AppLinkOptions.Section);
        builder.AddNpgsqlDataSource("redirectdb", HealthStatus.Degraded);
        builder.AddAuditTrail();
        builder.AddRedisClient("cache");
        builder.AddMessaging("messaging", AddConsumers, AddReplicaQueue);
        builder.Services.AddSingleton<RedirectTelemetry>();
        builder.AddRouting();
        builder.AddReadModel();
        builder.AddWorkspaceErasure<RouteEraser>();
        builder.AddClicks();
        builder.AddVisitors();
        builder.AddSafety();
        builder.AddAnswers();
        builder.AddServer();
    }

    /// <summary>Answers short URLs ahead of all other middleware. Call it first.</summary>
    public static void UseRedirects(this WebApplication app)
    {
        Pages.Prepare();
        app.UseMiddleware<RedirectMiddleware>();
        // Called explicitly: the host would otherwise put routing in front.
        app.UseRouting();
    }

    /// <summary>Maps what browsers and crawlers request from any host, and the operators' endpoints, which the gateway does not route.</summary>
    public static void MapRedirect(this WebApplication app)
    {
        app.MapGet("/robots.txt", Robots).AllowAnonymous().ExcludeFromDescription();
        app.MapGet("/favicon.ico", Favicon).AllowAnonymous().ExcludeFromDescription();
        app.MapAppLinks();
        app.MapPost("/internal/evaluate", EvaluateLink.Handle).RequireAuthorization(InternalKey.Policy).ExcludeFromDescription();
        app.MapPost("/internal/read-model/rebuild", RebuildReadModel.HandleAsync).RequireAuthorization(InternalKey.Policy).ExcludeFromDescription();
        app.MapGet("/internal/read-model/rebuild", RebuildReadModel.ReadAsync).RequireAuthorization(InternalKey.Policy).ExcludeFromDescription();
    }

    /// <summary>Crawlers are allowed: only then do they see each link's <c>noindex</c>, and can preview its destination.</summary>
    private static ContentHttpResult Robots() => TypedResults.Text("User-agent: *\nAllow: /\n", "text/plain", Encoding.UTF8);

    private static ContentHttpResult Favicon(HttpResponse response)
    {
        response.Headers.CacheControl = "public, max-age=86400";
        return TypedResults.Text($"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="{Logo.ViewBox}">{Logo.Mark}</svg>""", "image/svg+xml");
    }

    private static void AddRouting(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<ShortDomainOptions>(ShortDomainOptions.Section);
        builder.AddValidatedOptions<ShortUrlOptions>(ShortUrlOptions.Section);
        builder.Services.AddSingleton<CodeCase>();
        builder.Services.AddSingleton<RouteCache>();
        builder.Services.AddSingleton<CodeFilter>();
        builder.Services.AddSingleton<LookupBudget>();
        builder.Services.AddSingleton<SharedRouteCache>();
        builder.Services.AddSingleton<LinksClient>();
        builder.Services.AddSingleton<RouteTable>();
        builder.Services.AddHttpClient(LinksClient.Name);
    }

    private static void AddReadModel(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<RouteStore>();
        builder.Services.AddSingleton<RouteUpdates>();
        builder.Services.AddSingleton<LinkTurns>();
        builder.Services.AddSingleton<ReadModelBuilder>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ReadModelBuilder>());
        builder.Services.AddSingleton<ReconciliationStore>();
        builder.Services.AddSingleton<Reconciliation>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Reconciliation>());
        builder.Services.AddHostedService<CacheRepair>();
        builder.Services.AddHostedService<CodeFilterRefresher>();
        builder.AddHealthCheck<ReadModelBuilder>("read model", "ready");
        builder.AddHealthCheck<Reconciliation>("reconciliation", "ready", "note");
    }

    private static void AddClicks(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<SpoolQuota>();
        builder.Services.AddSingleton<ClickSpool>();
        builder.Services.AddSingleton<ClickRecorder>();
        builder.Services.AddSingleton<ClickTraces>();
        builder.Services.AddSingleton<DailySalt>();
        builder.Services.AddHostedService(services => services.GetRequiredService<DailySalt>());
        builder.Services.AddSingleton<SpoolMaintenance>();
        builder.Services.AddHostedService(services => services.GetRequiredService<SpoolMaintenance>());
        builder.Services.AddHostedService<ClickPublisher>();
        builder.AddHealthCheck<SpoolMaintenance>("spool", "ready");
    }

    private static void AddSafety(this WebApplicationBuilder builder)
    {
        builder.AddBlocklist();
        builder.Services.AddSingleton<Suspensions>();
        builder.Services.AddSingleton<SuspensionStore>();
        builder.Services.AddSingleton<DestinationSafety>();
        builder.Services.AddSingleton<UnknownCodeLimiter>();
        builder.Services.AddSingleton<SafetyGate>();
        builder.Services.AddSingleton<SuspensionRefresher>();
        builder.Services.AddHostedService(services => services.GetRequiredService<SuspensionRefresher>());
        builder.AddHealthCheck<SuspensionRefresher>("suspensions", "ready");
    }

    private static void AddAnswers(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Redirector>();
        builder.Services.AddSingleton<LinkAnswers>();
        builder.Services.AddSingleton<VisitReader>();
        builder.Services.AddSingleton<CreationTimes>();
        builder.Services.AddSingleton<UsedUpPublisher>();
        builder.Services.AddHostedService(services => services.GetRequiredService<UsedUpPublisher>());
        builder.Services.AddSingleton<ClickLimiter>();
        builder.Services.AddSingleton<PasswordGate>();
        builder.Services.AddSingleton<PasswordKeys>();
        builder.Services.AddSingleton<PasswordAttempts>();
        builder.Services.AddSingleton<LinkPasswordHasher>();
        builder.Services.AddSingleton<SharedPasswordState>();
    }

    private static void AddHealthCheck<T>(this WebApplicationBuilder builder, string name, params string[] tags) where T : IHealthCheck =>
        builder.Services.AddHealthChecks().Add(
            new HealthCheckRegistration(name, services => services.GetRequiredService<T>(), HealthStatus.Degraded, tags));

    private static void AddServer(this WebApplicationBuilder builder)
    {
        builder.AddConnectionLimits();
        builder.WebHost.ConfigureKestrel(ConfigureKestrel);
        builder.WebHost.UseSockets(sockets =>
        {
            // Requests are answered on the thread that read them, without a thread switch: the fast path never blocks.
            sockets.UnsafePreferInlineScheduling = true;
            // One system call less per request, for 4 KiB more per idle connection.
            sockets.WaitForDataBeforeAllocatingBuffer = false;
        });
        AddFastPath(builder.Services);
    }

    private static void AddConsumers(IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<LinkChangedConsumer, LinkEventDefinition<LinkChangedConsumer>>();
        bus.AddConsumer<LinkRemovedConsumer, LinkEventDefinition<LinkRemovedConsumer>>();
        bus.AddConsumer<SuspensionChangedConsumer>();
        bus.AddConsumer<WorkspaceErasedConsumer>();
        bus.AddConsumer<Privacy.UserErasedConsumer>();
        bus.AddFeatureConsumers();
        bus.AddConsumer<RouteChangedConsumer>().ExcludeFromConfigureEndpoints();
        bus.AddConsumer<SuspensionNoticeConsumer>().ExcludeFromConfigureEndpoints();
    }

    private static void AddReplicaQueue(IBusRegistrationContext context, IRabbitMqBusFactoryConfigurator rabbit) =>
        rabbit.ReceiveEndpoint(new TemporaryEndpointDefinition("redirect-replica"), context.GetRequiredService<IEndpointNameFormatter>(), endpoint =>
        {
            endpoint.ConfigureConsumer<RouteChangedConsumer>(context);
            endpoint.ConfigureConsumer<SuspensionNoticeConsumer>(context);
            endpoint.ConnectReceiveEndpointObserver(new RefreshAfterReconnect(context.GetRequiredService<SuspensionRefresher>()));
            endpoint.ConnectReceiveEndpointObserver(new DistrustAfterReconnect(context.GetRequiredService<RouteTable>()));
        });

    /// <summary>Puts <see cref="RedirectServer"/> in front of the host's server.</summary>
    private static void AddFastPath(IServiceCollection services)
    {
        var kestrel = services.Last(service => service.ServiceType == typeof(IServer));
        services.Remove(kestrel);
        services.AddSingleton<IServer>(provider => new RedirectServer(
            (IServer)(kestrel.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, kestrel.ImplementationType!)),
            provider.GetRequiredService<Redirector>()));
    }

    private static void ConfigureKestrel(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.RequestHeaderEncodingSelector = name => RecordedHeaders.Contains(name) ? Encoding.Latin1 : null;
        // See Location: destinations are sent in UTF-8, byte for byte. Kestrel passes the field's name when a value is set, and an empty
        // name when it writes any known field; fields of other names were checked to be ASCII before.
        kestrel.ResponseHeaderEncodingSelector = name => name is "Location" or "" ? Encoding.UTF8 : null;
    }
}
