using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Hosting;

/// <summary>
/// Prints to the terminal how the start progresses, a line per resource, and where to go when everything is ready. Keeps
/// <see cref="State"/> up to date for <c>./linkshort status</c>.
/// </summary>
internal sealed class StartReport(
    Installation installation, DistributedApplicationModel model, ResourceNotificationService notifications, IConfiguration configuration,
    IHostApplicationLifetime lifetime) : BackgroundService
{
    private readonly HashSet<string> _printed = new(StringComparer.Ordinal);
    private readonly State _state = new(installation.StateFile, model);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var clock = Stopwatch.StartNew();
        var ready = false;
        var login = LoginAddress();
        _state.Write(AppAddress(), login);
        try
        {
            await foreach (var change in notifications.WatchAsync(stoppingToken))
            {
                if (!_state.Take(change))
                {
                    continue;
                }

                _state.Write(AppAddress(), login);
                Print(change, clock.Elapsed);
                if (!ready && _state.IsReady)
                {
                    ready = true;
                    PrintWhereToGo(clock.Elapsed, login);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        File.Delete(installation.StateFile);
    }

    private void Print(ResourceEvent change, TimeSpan elapsed)
    {
        var state = change.Snapshot.State?.Text;
        var exitCode = change.Snapshot.ExitCode is { } code ? $" (exit code {code})" : "";
        var line = change.Snapshot.HealthStatus switch
        {
            _ when state == KnownResourceStates.FailedToStart => $"failed to start{exitCode}; see ./linkshort logs {change.Resource.Name}",
            _ when state == KnownResourceStates.Exited || state == KnownResourceStates.Finished => $"exited{exitCode}; see ./linkshort logs {change.Resource.Name}",
            null or HealthStatus.Healthy or HealthStatus.Degraded when state == KnownResourceStates.Running => "ready",
            _ => null,
        };
        if (line is not null && !lifetime.ApplicationStopping.IsCancellationRequested && _printed.Add($"{change.ResourceId} {line}"))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {elapsed.TotalSeconds,5:F1} s  {change.Resource.Name,-16} {line}"));
        }
    }

    private void PrintWhereToGo(TimeSpan elapsed, string login)
    {
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"LinkShort is ready after {elapsed.TotalSeconds:F0} s."));
        Console.WriteLine($"  App         {AppAddress()}");
        Console.WriteLine($"  Operations  {login}");
        Console.WriteLine(configuration["detached"] is null ? "Ctrl-C stops it." : "./linkshort stop stops it.");
    }

    private string LoginAddress() => $"{configuration["ASPNETCORE_URLS"]?.Split(';')[0]}/login?t={configuration["AppHost:BrowserToken"]}";

    /// <summary>What the model opens to the outside: the gateway.</summary>
    private string AppAddress() => model.Resources
        .SelectMany(resource => resource.Annotations.OfType<EndpointAnnotation>())
        .Where(endpoint => endpoint.IsExternal)
        .Select(endpoint => string.Create(CultureInfo.InvariantCulture, $"{endpoint.UriScheme}://localhost:{endpoint.Port}"))
        .FirstOrDefault() ?? "";
}
