using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace LinkShort.ServiceDefaults.Telemetry;

/// <summary>
/// Exports the remaining telemetry after every hosted service has stopped, all signals concurrently. The packages do it one after the other when
/// the container is disposed, and wait 5 s for each while the collector is down.
/// </summary>
internal sealed class TelemetryShutdown(IServiceProvider services) : IHostedLifecycleService
{
    /// <summary>The longest that an unavailable collector delays the stop, in milliseconds.</summary>
    private const int Timeout = 2_000;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.WhenAll(
        Task.Run(() => services.GetService<TracerProvider>()?.Shutdown(Timeout), CancellationToken.None),
        Task.Run(() => services.GetService<MeterProvider>()?.Shutdown(Timeout), CancellationToken.None),
        Task.Run(() => services.GetService<LoggerProvider>()?.Shutdown(Timeout), CancellationToken.None));
}
