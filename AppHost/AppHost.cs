// LinkShort as a picture: what there is, who talks to whom, who waits for whom.

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

var redirects = Replicas("redirect", name => Service(builder.AddProject<Projects.LinkShort_Redirect>(name))
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

var web = Service(builder.AddProject<Projects.LinkShort_Web>("web"))
    .WithReference(cache).WaitFor(cache);

// The front door, and the pages behind it that use the public API like everybody else.
var gateways = Replicas("gateway", name => Service(builder.AddProject<Projects.LinkShort_Gateway>(name))
    .WithReference(cache).WaitFor(cache)
    .WithReference(messaging).WaitFor(messaging)
    .WithReference(identity).WaitFor(identity)
    .WithReference(links).WaitFor(links)
    .WithReplicasOf("redirect", redirects)
    .WithReference(analytics).WaitFor(analytics)
    .WithReference(notification).WaitFor(notification)
    .WithReference(web).WaitFor(web));

web.WithReplicasOf("gateway", gateways, wait: false);

// Identity fetches each service's part of what is exported about a person.
identity.WithReference(links).WithReference(analytics).WithReference(notification);

// Visitors and API clients connect to fixed ports.
var redirect = redirects[0].WithDirectEndpoint(installation.Port("LINKSHORT_REDIRECT_PORT", 8081));
var gateway = gateways[0].WithDirectEndpoint(installation.Port("LINKSHORT_PORT", 8080)).WithExternalHttpEndpoints();

// Short URLs are the front door's; mails and pages point there too.
links.WithEnvironment("Links__ShortUrlBase", gateway.GetEndpoint("http"));
notification.WithEnvironment("Notification__PublicUrl", gateway.GetEndpoint("http"));
identity.WithEnvironment("Identity__PublicUrl", gateway.GetEndpoint("http"));

// For operators, in the dashboard.
gateway
    .WithUrlForEndpoint("http", url => url.DisplayText = "App")
    .WithUrlForEndpoint("http", _ => new ResourceUrlAnnotation { Url = "/api/docs", DisplayText = "API docs" });
new OperatorCommands(internalKey.Resource, installation.DataDirectory)
    .AddTo(links, redirect, analytics, identity, notification);

builder.RunBuiltPrograms().RunServers(installation);
return builder.Build().RunInstallation();

// Of what they refer to, services get connection strings and addresses; a server's single properties would be more copies of its password.
IResourceBuilder<ProjectResource> Service(IResourceBuilder<ProjectResource> project) => project
    .WithReferenceEnvironment(ReferenceEnvironmentInjectionFlags.ConnectionString | ReferenceEnvironmentInjectionFlags.ServiceDiscovery)
    .WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName)
    .WithEnvironment("Internal__Key", internalKey)
    .WithEnvironment("LINKSHORT_DATA", installation.DataDirectory)
    .WithDirectEndpoint(installation.FreePort()) // docs/adr/0041
    .WithHttpHealthCheck("/health");

// Replicas that the gateway chooses between are resources of their own: name, name-2, name-3.
IReadOnlyList<IResourceBuilder<ProjectResource>> Replicas(string name, Func<string, IResourceBuilder<ProjectResource>> add) =>
    [.. Enumerable.Range(1, installation.Replicas(name)).Select(number => add(number == 1 ? name : $"{name}-{number}"))];
