using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using LinkShort.Hosting.Dashboard;
using LinkShort.Hosting.Engine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Hosting;

/// <summary>
/// Tells the person at the terminal how the start goes, a line per resource, and where to go when all is ready. Leaves
/// <c>apphost.json</c> in the data folder for <c>./linkshort status</c>, readable for this user only: it has the dashboard's token.
/// </summary>
internal sealed class StartReport(
    EngineSettings settings,
    ResourceNotificationService notifications,
    IServiceProvider services,
    IConfiguration configuration) : BackgroundService
{
    private readonly string _statePath = settings.Folder("apphost.json");
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var clock = Stopwatch.StartNew();
        var dashboard = services.GetService<DashboardServer>();
        WriteState(dashboard);
        try
        {
            await foreach (var change in notifications.WatchAsync(stoppingToken))
            {
                Tell(change, clock.Elapsed);
                if (IsReady())
                {
                    TellWhereToGo(clock.Elapsed, dashboard);
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped before it was ready.
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        File.Delete(_statePath);
    }

    private void Tell(ResourceEvent change, TimeSpan elapsed)
    {
        var state = change.Snapshot.State?.Text;
        var line = change.Snapshot.HealthStatus switch
        {
            _ when state == KnownResourceStates.FailedToStart => $"failed to start{ExitCode(change)}; see ./linkshort logs {change.ResourceId}",
            _ when state == KnownResourceStates.Exited => $"ended{ExitCode(change)}, is started again; see ./linkshort logs {change.ResourceId}",
            HealthStatus.Healthy or HealthStatus.Degraded when state is KnownResourceStates.Running or KnownResourceStates.Active => "ready",
            _ => null,
        };
        if (change.Snapshot.ResourceType != "Parameter" && line is not null && _told.Add($"{change.ResourceId} {line}"))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {elapsed.TotalSeconds,5:F1} s  {change.ResourceId,-16} {line}"));
        }
    }

    private static string ExitCode(ResourceEvent change) => change.Snapshot.ExitCode is { } code ? $" (exit code {code})" : "";

    private bool IsReady()
    {
        var all = notifications.Snapshot();
        return all.Count > 0 && all
            .Where(resource => resource.Snapshot.ResourceType != "Parameter" && !resource.Resource.Annotations.OfType<ExplicitStartupAnnotation>().Any())
            .All(resource => resource.Snapshot.State?.Text is KnownResourceStates.Running or KnownResourceStates.Active or KnownResourceStates.Finished
                && resource.Snapshot.HealthStatus is null or HealthStatus.Healthy or HealthStatus.Degraded);
    }

    private void TellWhereToGo(TimeSpan elapsed, DashboardServer? dashboard)
    {
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"LinkShort is ready after {elapsed.TotalSeconds:F0} s."));
        Console.WriteLine($"  App         {AppAddress()}");
        if (dashboard is not null)
        {
            Console.WriteLine($"  Operations  {dashboard.LoginAddress}");
        }

        Console.WriteLine(configuration["detached"] is null ? "Ctrl-C stops it." : "./linkshort stop stops it.");
    }

    /// <summary>What the model opens to the outside first: the gateway.</summary>
    private string? AppAddress() => notifications.Snapshot()
        .Where(resource => resource.Resource.Annotations.OfType<EndpointAnnotation>().Any(endpoint => endpoint.IsExternal))
        .OrderByDescending(resource => resource.Resource.Name == "gateway")
        .SelectMany(resource => resource.Snapshot.Urls)
        .FirstOrDefault(url => !url.IsInternal)?.Url.TrimEnd('/');

    private void WriteState(DashboardServer? dashboard)
    {
        using var file = new FileStream(_statePath, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        JsonSerializer.Serialize(file, new
        {
            pid = Environment.ProcessId,
            app = AppAddress(),
            dashboard = dashboard?.Address,
            token = dashboard?.Access.Token,
        });
    }
}
