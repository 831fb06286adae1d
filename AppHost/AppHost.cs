// LinkShort as a picture: what there is, who talks to whom, who waits for whom.
// Plain Aspire code. hosting/ runs it on native processes; with -p:UseAspire=true it runs on Aspire.

using System.Globalization;

var builder = DistributedApplication.CreateBuilder(args);

// Settings of the whole product (see docs), and what every service is given.
var port = Port("LINKSHORT_PORT", 8080);
var redirectPort = Port("LINKSHORT_REDIRECT_PORT", 8081);
var data = Path.GetFullPath(builder.Configuration["LINKSHORT_DATA"] ?? ".data", Path.GetDirectoryName(builder.AppHostDirectory)!);
var internalKey = builder.AddParameter("internal-key", new GenerateParameterDefault { MinLength = 43, Special = false }, secret: true, persist: true);

// Servers, one database per service.
var postgres = builder.AddPostgres("postgres").WithDataVolume();
var identityDb = postgres.AddDatabase("identitydb");
var linksDb = postgres.AddDatabase("linksdb");
var redirectDb = postgres.AddDatabase("redirectdb");
var analyticsDb = postgres.AddDatabase("analyticsdb");
var notificationDb = postgres.AddDatabase("notificationdb");
var cache = builder.AddRedis("cache").WithDataVolume().WithPersistence();
var messaging = builder.AddRabbitMQ("messaging").WithDataVolume().WithManagementPlugin();

// Services.
var identity = Service(builder.AddProject<Projects.LinkShort_Identity>("identity"))
    .WithReference(identityDb).WaitFor(identityDb)
    .WithReference(messaging).WaitFor(messaging);

var links = Service(builder.AddProject<Projects.LinkShort_Links>("links"))
    .WithReference(linksDb).WaitFor(linksDb)
    .WithReference(messaging).WaitFor(messaging)
    .WithReference(identity);

var redirect = Service(builder.AddProject<Projects.LinkShort_Redirect>("redirect"))
    .WithEndpoint("http", endpoint => endpoint.Port = redirectPort)
    .WithEnvironment("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1") // docs/adr/0025
    .WithReference(redirectDb).WaitFor(redirectDb)
    .WithReference(cache).WaitFor(cache)
    .WithReference(messaging).WaitFor(messaging)
    .WithReference(identity)
    .WithReference(links);

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
var gateway = Service(builder.AddProject<Projects.LinkShort_Gateway>("gateway"))
    .WithEndpoint("http", endpoint => endpoint.Port = port)
    .WithExternalHttpEndpoints()
    .WithReference(cache).WaitFor(cache)
    .WithReference(messaging).WaitFor(messaging)
    .WithReference(identity).WaitFor(identity)
    .WithReference(links).WaitFor(links)
    .WithReference(redirect).WaitFor(redirect)
    .WithReference(analytics).WaitFor(analytics)
    .WithReference(notification).WaitFor(notification)
    .WithReference(web).WaitFor(web);

web.WithReference(gateway);

// Identity fetches each service's part of what is exported about a person.
identity.WithReference(links).WithReference(analytics).WithReference(notification);

// Short URLs are the front door's; mails and pages point there too.
links.WithEnvironment("Links__ShortUrlBase", gateway.GetEndpoint("http"));
notification.WithEnvironment("Notification__PublicUrl", gateway.GetEndpoint("http"));
identity.WithEnvironment("Identity__PublicUrl", gateway.GetEndpoint("http"));

builder.Build().Run();

IResourceBuilder<ProjectResource> Service(IResourceBuilder<ProjectResource> project) => project
    .WithEnvironment("Internal__Key", internalKey)
    .WithEnvironment("LINKSHORT_DATA", data)
    .WithHttpHealthCheck("/health");

int Port(string key, int usual) => builder.Configuration[key] is not { Length: > 0 } value ? usual
    : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 65536 ? number
    : throw new DistributedApplicationException($"{key} is '{value}': set it to a port number from 1 to 65535.");
