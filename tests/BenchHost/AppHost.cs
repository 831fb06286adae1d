using LinkShort.Hosting;
using LinkShort.Hosting.Servers;

namespace LinkShort.BenchHost;

/// <summary>
/// <c>MODEL</c> is redirect (with gateway and the bare servers) or drain (redirect and analytics). <c>LINKS</c> is the address of a
/// stand-in for the links service, <c>BENCH</c> the benchmark's own program, which also contains the bare servers.
/// </summary>
internal static class AppHost
{
    private const string Key = "internal-key-of-the-benchmark-0123456789";

    public static int Main(string[] args)
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = args, DisableDashboard = true });
        var installation = builder.AddInstallation();
        var links = Required("LINKS");
        var postgres = builder.AddPostgres("postgres", password: installation.Secret("postgres-password"));
        var redirectDb = postgres.AddDatabase("redirectdb");
        var cache = builder.AddRedis("cache", password: installation.Secret("cache-password"));
        var messaging = builder.AddRabbitMQ("messaging", password: installation.Secret("messaging-password"));

        var redirect = Service(builder.AddProject<Projects.LinkShort_Redirect>("redirect"))
            .WithReference(redirectDb).WaitFor(redirectDb)
            .WithReference(cache).WaitFor(cache)
            .WithReference(messaging).WaitFor(messaging)
            .WithEnvironment("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1")
            // All requests come from one address: they are counted, but never refused.
            .WithEnvironment("Redirect__UnknownCodesPermitLimit", "65535")
            .WithEnvironment("Redirect__UnknownCodesWindowSeconds", "1");
        if (Required("MODEL") == "drain")
        {
            var analyticsDb = postgres.AddDatabase("analyticsdb");
            Service(builder.AddProject<Projects.LinkShort_Analytics>("analytics"))
                .WithReference(analyticsDb).WaitFor(analyticsDb)
                .WithReference(messaging).WaitFor(messaging);
        }
        else
        {
            var gateway = Service(builder.AddProject<Projects.LinkShort_Gateway>("gateway"))
                .WithReference(cache).WaitFor(cache)
                .WithReference(messaging).WaitFor(messaging)
                .WithReference(redirect).WaitFor(redirect);
            foreach (var other in (string[])["analytics", "notification", "billing", "web"])
            {
                gateway.WithEnvironment($"services__{other}__http__0", links);
            }

            // The bare servers are the benchmark's program in separate processes.
            var folder = Path.GetDirectoryName(Required("BENCH"))!;
            var api = Bare("bare-api", "dotnet", folder, Required("BENCH"), "bare-api");
            Bare("bare-proxy", "dotnet", folder, Required("BENCH"), "bare-proxy").WithEnvironment("BENCH_DESTINATION", api.GetEndpoint("http"));
            Bare("nginx", "sh", folder, "-c", Required("NGINX"));
        }

        builder.RunBuiltPrograms().RunServers(installation);
        return builder.Build().RunInstallation();

        string Required(string name) => builder.Configuration[name] ?? throw new DistributedApplicationException($"{name} is not set.");

        IResourceBuilder<ProjectResource> Service(IResourceBuilder<ProjectResource> project) => project
            .WithDirectEndpoint(installation.FreePort())
            .WithEnvironment("ASPNETCORE_ENVIRONMENT", "Production")
            .WithEnvironment("services__links__http__0", links)
            .WithEnvironment("services__identity__http__0", links)
            .WithEnvironment("LINKSHORT_DATA", installation.DataDirectory)
            .WithEnvironment("Internal__Key", Key)
            .WithHttpHealthCheck("/alive");

        IResourceBuilder<ExecutableResource> Bare(string name, string command, string folder, params string[] arguments)
        {
            var port = installation.FreePort();
            return builder.AddExecutable(name, command, folder, arguments)
                .WithEnvironment("LINKSHORT_DATA", installation.DataDirectory)
                .WithHttpEndpoint(port: port, targetPort: port, name: "http", env: "BENCH_PORT", isProxied: false);
        }
    }
}
