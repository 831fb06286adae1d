// The architecture of LinkShort: its resources, their references, and what each waits for.

using LinkShort.AppHost;
using LinkShort.Hosting;
using LinkShort.Hosting.Servers;

var builder = DistributedApplication.CreateBuilder(args);
var installation = builder.AddInstallation();
var internalKey = installation.Secret("internal-key");

// Servers, one database per service.
var postgres = builder.AddPostgres("postgres", password: installation.Secret("postgres-password")).WithDataVolume();
var identityDb = postgres.AddDatabase("identitydb");
var linksDb = postgres.AddDatabase("linksdb");
var redirectDb = postgres.AddDatabase("redirectdb");
var analyticsDb = postgres.AddDatabase("analyticsdb");
var notificationDb = postgres.AddDatabase("notificationdb");
var billingDb = postgres.AddDatabase("billingdb");
var cache = builder.AddRedis("cache", password: installation.Secret("cache-password")).WithDataVolume().WithPersistence();
var messaging = builder.AddRabbitMQ("messaging", password: installation.Secret("messaging-password")).WithDataVolume().WithManagementPlugin();

// Services.
var identity = Service(builder.AddProject<Projects.LinkShort_Identity>("identity"))
    .WithReference(identityDb).WaitFor(identityDb)
    .WithReference(messaging).WaitFor(messaging);

var links = Service(builder.AddProject<Projects.LinkShort_Links>("links"))
    .WithReference(linksDb).WaitFor(linksDb)
    .WithReference(messaging).WaitFor(messaging)
    .WithReference(identity);

var redirectPort = installation.Port("LINKSHORT_REDIRECT_PORT", 8081);
var redirects = Replicas("redirect", redirectPort, (name, port) => Service(builder.AddProject<Projects.LinkShort_Redirect>(name), port)
    .WithEnvironment("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1") // docs/adr/0025
    .WithReference(redirectDb).WaitFor(redirectDb)
    .WithReference(cache).WaitFor(cache)
    .WithReference(messaging).WaitFor(messaging)
    .WithReference(identity)
    .WithReference(links));

var analytics = Service(builder.AddProject<Projects.LinkShort_Analytics>("analytics"))
    .WithReference(analyticsDb).WaitFor(analyticsDb)
    .WithReference(messaging).WaitFor(messaging)
    .WithReference(identity)
    .WithReference(links);

var notification = Service(builder.AddProject<Projects.LinkShort_Notification>("notification"))
    .WithReference(notificationDb).WaitFor(notificationDb)
    .WithReference(messaging).WaitFor(messaging)
    .WithReference(identity);

var billing = Service(builder.AddProject<Projects.LinkShort_Billing>("billing"))
    .WithReference(billingDb).WaitFor(billingDb)
    .WithReference(messaging).WaitFor(messaging)
    .WithReference(identity);

var web = Service(builder.AddProject<Projects.LinkShort_Web>("web"))
    .WithReference(cache).WaitFor(cache);

// The gateway, and web, which uses the public API behind it like any other client.
var gatewayPort = installation.Port("LINKSHORT_PORT", 8080);
var gateways = Replicas("gateway", gatewayPort, (name, port) => Service(builder.AddProject<Projects.LinkShort_Gateway>(name), port)
    .WithReference(cache).WaitFor(cache)
    .WithReference(messaging).WaitFor(messaging)
    .WithReference(identity).WaitFor(identity)
    .WithReference(links).WaitFor(links)
    .WithReplicasOf("redirect", redirects)
    .WithReference(analytics).WaitFor(analytics)
    .WithReference(notification).WaitFor(notification)
    .WithReference(billing).WaitFor(billing)
    .WithReference(web).WaitFor(web));

web.WithReplicasOf("gateway", gateways, wait: false);

// Links asks redirect's evaluator where a draft would lead.
links.WithReplicasOf("redirect", redirects, wait: false);

// Analytics asks billing how long the plans keep single clicks.
analytics.WithReference(billing);

// Identity fetches each service's part of a user's data export.
identity.WithReference(links).WithReference(analytics).WithReference(notification).WithReference(billing);

var redirect = redirects[0];
var gateway = gateways[0].WithExternalHttpEndpoints();

// Short URLs, emails and pages use the gateway's address.
foreach (var service in redirects.Append(links))
{
    service.WithEnvironment("Links__ShortUrlBase", gateway.GetEndpoint("http"));
}

notification.WithEnvironment("Notification__PublicUrl", gateway.GetEndpoint("http"));
billing.WithEnvironment("Billing__PublicUrl", gateway.GetEndpoint("http"));
identity.WithEnvironment("Identity__PublicUrl", gateway.GetEndpoint("http"));

// For operators, in the dashboard.
gateway
    .WithUrlForEndpoint("http", url => url.DisplayText = "App")
    .WithUrlForEndpoint("http", _ => new ResourceUrlAnnotation { Url = "/api/docs", DisplayText = "API docs" });
new OperatorCommands(internalKey.Resource, builder.Configuration["Smtp:Host"] is { Length: > 0 } ? null : Path.Combine(installation.DataDirectory, "mail"))
    .AddTo(links, redirect, analytics, identity, notification, billing);

builder.RunBuiltPrograms().RunServers(installation);
return builder.Build().RunInstallation();

// Services get connection strings and addresses of their references only: a server's single properties would be more copies of its password.
IResourceBuilder<ProjectResource> Service(IResourceBuilder<ProjectResource> project, int? port = null) => project
    .WithReferenceEnvironment(ReferenceEnvironmentInjectionFlags.ConnectionString | ReferenceEnvironmentInjectionFlags.ServiceDiscovery)
    .WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName)
    .WithEnvironment("Internal__Key", internalKey)
    .WithEnvironment("LINKSHORT_DATA", installation.DataDirectory)
    .WithDirectEndpoint(port ?? installation.FreePort()) // docs/adr/0041
    .WithServiceHealth(internalKey);

// Replicas are separate resources, so that the gateway can balance them: name, name-2, name-3. The first one has the fixed port.
IReadOnlyList<IResourceBuilder<ProjectResource>> Replicas(string name, int port, Func<string, int, IResourceBuilder<ProjectResource>> add) =>
[
    add(name, port),
    .. Enumerable.Range(2, installation.Replicas(name) - 1).Select(number => add($"{name}-{number}", installation.FreePort())),
];
