using LinkShort.Hosting;
using LinkShort.Hosting.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.TestServers;

/// <summary>
/// The servers that tests run against. <c>ONLY</c> names some of them; <c>SERVERS_FILE</c> gets their addresses when all are healthy.
/// </summary>
internal static class AppHost
{
    // A Main of its own: top-level statements would be one more public Program beside that of the service under test.
    public static int Main(string[] args)
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = args, DisableDashboard = true });
        var installation = builder.AddInstallation();
        var only = (builder.Configuration["ONLY"] ?? "postgres,cache,messaging").Split(',');

        if (only.Contains("postgres"))
        {
            builder.AddPostgres("postgres", password: installation.Secret("postgres-password"));
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
