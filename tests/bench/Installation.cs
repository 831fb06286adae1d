using System.Reflection;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace LinkShort.Bench;

/// <summary>The processes of the benchmark: redirect and gateway on real servers as AppHost runs them, and what they are compared with.</summary>
internal static class Installation
{
    public const string Broker = "messaging";

    public static async Task<DistributedApplication> StartAsync(Uri links, string data, CancellationToken cancellationToken)
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        var redirectDb = builder.AddPostgres("postgres").AddDatabase("redirectdb");
        var cache = builder.AddRedis("cache");
        var messaging = builder.AddRabbitMQ(Broker);
        const string Key = "internal-key-of-the-benchmark-0123456789";

        var redirect = builder.AddProject<Projects.LinkShort_Redirect>("redirect")
            .WithReference(redirectDb).WaitFor(redirectDb)
            .WithReference(cache).WaitFor(cache)
            .WithReference(messaging).WaitFor(messaging)
            .WithEnvironment("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1")
            .WithEnvironment("services__links__http__0", links.AbsoluteUri)
            .WithEnvironment("services__identity__http__0", links.AbsoluteUri)
            .WithEnvironment("LINKSHORT_DATA", data)
            .WithEnvironment("Internal__Key", Key)
            // One address asks for everything here: it is counted as always, but may go on.
            .WithEnvironment("Redirect__UnknownCodesPermitLimit", "65535")
            .WithEnvironment("Redirect__UnknownCodesWindowSeconds", "1")
            .WithHttpHealthCheck("/health");
        var gateway = builder.AddProject<Projects.LinkShort_Gateway>("gateway")
            .WithReference(cache).WaitFor(cache)
            .WithReference(messaging).WaitFor(messaging)
            .WithReference(redirect).WaitFor(redirect)
            .WithEnvironment("LINKSHORT_DATA", data)
            .WithEnvironment("Internal__Key", Key)
            .WithHttpHealthCheck("/alive");
        foreach (var other in new[] { "identity", "links", "analytics", "notification", "web" })
        {
            gateway.WithEnvironment($"services__{other}__http__0", links.AbsoluteUri);
        }

        // The bare servers are this program again, in processes of their own.
        var api = Bare("bare-api");
        Bare("bare-proxy", api.GetEndpoint("http"));
        builder.AddExecutable("nginx", "sh", AppContext.BaseDirectory, "-c", NginxScript(Directory.CreateDirectory(Path.Combine(data, "nginx")).FullName))
            .WithHttpEndpoint(name: "http", env: "BENCH_PORT");

        var app = await builder.BuildAsync(cancellationToken);
        await app.StartAsync(cancellationToken);
        foreach (var name in new[] { "redirect", "gateway" })
        {
            await app.ResourceNotifications.WaitForResourceHealthyAsync(name, cancellationToken);
        }

        return app;

        IResourceBuilder<ExecutableResource> Bare(string name, EndpointReference? destination = null)
        {
            var executable = builder.AddExecutable(name, "dotnet", AppContext.BaseDirectory, Assembly.GetExecutingAssembly().Location, name)
                .WithHttpEndpoint(name: "http", env: "BENCH_PORT");
            return destination is null ? executable : executable.WithEnvironment("BENCH_DESTINATION", destination);
        }
    }

    /// <summary>Debian's nginx, on a configuration of its own, in one process that is the shell's.</summary>
    private static string NginxScript(string folder) => $"""
        sed -e "s|@port@|$BENCH_PORT|" -e 's|@folder@|{folder}|' -e 's|@destination@|{Codes.Destination.Replace("&", "\\&", StringComparison.Ordinal)}|' nginx.conf > '{folder}/nginx.conf'
        PATH="$PATH:/usr/sbin" exec nginx -p '{folder}' -e stderr -c '{folder}/nginx.conf'
        """;
}
