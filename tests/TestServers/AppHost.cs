using LinkShort.Hosting;
using LinkShort.Hosting.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.TestServers;

/// <summary>
/// The servers for tests. <c>ONLY</c> names some of them, <c>DATABASES</c> databases of PostgreSQL; their addresses are written to <c>SERVERS_FILE</c> once all are healthy.
/// </summary>
internal static class AppHost
{
    // With a Main method: top-level statements would add a public Program beside that of the service under test.
    public static int Main(string[] args)
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = args, DisableDashboard = true });
        var installation = builder.AddInstallation();
        var only = (builder.Configuration["ONLY"] ?? "postgres,cache,messaging").Split(',');

        if (only.Contains("postgres"))
        {
            var postgres = builder.AddPostgres("postgres", password: installation.Secret("postgres-password"));
            foreach (var database in (builder.Configuration["DATABASES"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                postgres.AddDatabase(database);
            }
        }

        if (only.Contains("cache"))
        {
            builder.AddRedis("cache", password: installation.Secret("cache-password"));
        }

        if (only.Contains("messaging"))
        {
            builder.AddRabbitMQ("messaging", password: installation.Secret("messaging-password")).WithManagementPlugin();
        }

        if (builder.Configuration["SERVERS_FILE"] is { Length: > 0 } file)
        {
            builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<ServersFile>(services, file, only));
        }

        builder.RunServers(installation);
        return builder.Build().RunInstallation();
    }
}
