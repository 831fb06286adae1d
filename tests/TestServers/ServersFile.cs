using System.Text.Json;
using Microsoft.Extensions.Hosting;

namespace LinkShort.TestServers;

/// <summary>Writes the servers' connection strings to a file, by name, when all of them are healthy.</summary>
internal sealed class ServersFile(DistributedApplicationModel model, ResourceNotificationService notifications, IHostApplicationLifetime lifetime, string path, string[] names) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // Servers are stopped before this service is.
            await WriteAsync(lifetime.ApplicationStopping);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // The start was cancelled.
        }
    }

    private async Task WriteAsync(CancellationToken stoppingToken)
    {
        var addresses = new Dictionary<string, string?>();
        foreach (var name in names)
        {
            await notifications.WaitForResourceHealthyAsync(name, stoppingToken);
            var server = (IResourceWithConnectionString)model.Resources.Single(resource => resource.Name == name);
            addresses[name] = await server.GetConnectionStringAsync(stoppingToken);
            if (server.Annotations.OfType<EndpointAnnotation>().FirstOrDefault(endpoint => endpoint.Name == "management") is { } management)
            {
                addresses[$"{name}-management"] = FormattableString.Invariant($"http://127.0.0.1:{management.Port}");
            }
        }

        // Renamed into place, so that no reader sees an incomplete file.
        await File.WriteAllTextAsync(path + ".new", JsonSerializer.Serialize(addresses), stoppingToken);
        File.Move(path + ".new", path);
    }
}
