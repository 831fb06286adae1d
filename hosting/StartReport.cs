using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using LinkShort.Hosting.Servers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Hosting;

/// <summary>
/// Prints the progress of the start to the terminal, one line per resource, and the addresses when everything is ready. Updates
/// <see cref="State"/> for <c>./linkshort status</c>.
/// </summary>
internal sealed class StartReport(
    Installation installation, DistributedApplicationModel model, IConfiguration configuration, IHostApplicationLifetime lifetime)
    : IHostedService, IResourceFollower
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly HashSet<string> _printed = new(StringComparer.Ordinal);
    private readonly State _state = new(installation.StateFile, model);

    private bool _isReady;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _state.Write(AppAddress(), LoginAddress());
        return Task.CompletedTask;
    }

    public Task TakeAsync(ResourceEvent change, CancellationToken cancellationToken)
    {
        if (!_state.IsPart(change.Resource))
        {
            return Task.CompletedTask;
        }

        if (_state.Take(change))
        {
            _state.Write(AppAddress(), LoginAddress());
        }

        // Also if the state is the same: the reason of an unhealthy server is known later than the state.
        Print(change);
        if (!_isReady && _state.IsReady)
        {
            _isReady = true;
            PrintAddresses();
        }

        return Task.CompletedTask;
    }

    /// <summary>Called after the watch has stopped.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        File.Delete(installation.StateFile);
        return Task.CompletedTask;
    }

    private void Print(ResourceEvent change)
    {
        var state = change.Snapshot.State?.Text;
        var exitCode = change.Snapshot.ExitCode is { } code ? $" (exit code {code})" : "";
        var line = change.Snapshot.HealthStatus switch
        {
            _ when state == KnownResourceStates.FailedToStart => $"failed to start{exitCode}; see ./linkshort logs {change.Resource.Name}",
            _ when state == KnownResourceStates.Exited || state == KnownResourceStates.Finished => $"exited{exitCode}; see ./linkshort logs {change.Resource.Name}",
            null or HealthStatus.Healthy or HealthStatus.Degraded when state == KnownResourceStates.Running => "ready",
            // Nothing restarts an external server, and its dependents wait: this line reports for what.
            _ when change.Resource is ExternalServerResource && Failure(change.Snapshot) is { } reason => $"does not respond ({reason}); check the server and ConnectionStrings__{change.Resource.Name}",
            _ => null,
        };
        // The text of the failure may differ from attempt to attempt.
        var key = change.Resource is ExternalServerResource ? line?.Split(' ')[0] : line;
        if (line is not null && !lifetime.ApplicationStopping.IsCancellationRequested && _printed.Add($"{change.ResourceId} {key}"))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {_clock.Elapsed.TotalSeconds,5:F1} s  {change.Resource.Name,-16} {line}"));
        }
    }

    /// <returns>Why the last health check failed; null if none failed.</returns>
    private static string? Failure(CustomResourceSnapshot snapshot)
    {
        var failed = snapshot.HealthReports.FirstOrDefault(report => report.Status == HealthStatus.Unhealthy);
        if (failed is null)
        {
            return null;
        }

        // "Some.Exception: The message.", followed by a stack trace.
        var line = failed.ExceptionText?.Split('\n', 2)[0].Trim() ?? failed.Description ?? "";
        var at = line.IndexOf(": ", StringComparison.Ordinal);
        line = at >= 0 && !line[..at].Contains(' ', StringComparison.Ordinal) ? line[(at + 2)..] : line;
        return line.Split(". ", 2)[0].TrimEnd('.');
    }

    private void PrintAddresses()
    {
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"LinkShort is ready after {_clock.Elapsed.TotalSeconds:F0} s."));
        Console.WriteLine($"  App         {AppAddress()}");
        Console.WriteLine($"  Operations  {LoginAddress()}");
        if (installation.OutsideData is { } outside)
        {
            Console.WriteLine($"  Data        {installation.DataDirectory}, the servers' in {outside}");
        }

        Console.WriteLine(configuration["detached"] is null ? "Ctrl-C stops it." : "./linkshort stop stops it.");
    }

    private string LoginAddress() => $"{configuration["ASPNETCORE_URLS"]?.Split(';')[0]}/login?t={configuration["AppHost:BrowserToken"]}";

    /// <summary>The address of the model's external endpoint, the gateway's.</summary>
    private string AppAddress() => model.Resources
        .SelectMany(resource => resource.Annotations.OfType<EndpointAnnotation>())
        .Where(endpoint => endpoint.IsExternal)
        .Select(endpoint => string.Create(CultureInfo.InvariantCulture, $"{endpoint.UriScheme}://localhost:{endpoint.Port}"))
        .FirstOrDefault() ?? "";
}
