using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace LinkShort.ServiceDefaults.Telemetry;

/// <summary>
/// Collects traces and metrics while the host runs and flushes all that is held back when it stops.
/// OpenTelemetry.Extensions.Hosting, which would do this, is not in the package feeds that we build from.
/// </summary>
internal sealed partial class TelemetryExport(IConfiguration configuration, IHostEnvironment environment, IServiceProvider services, ILogger<TelemetryExport> logger)
    : IHostedLifecycleService, IDisposable
{
    /// <summary>The activity sources of the framework, of our libraries, and our own.</summary>
    private static readonly string[] Sources =
        ["Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "MassTransit", "Yarp.ReverseProxy", "LinkShort.*"];

    /// <summary>Meters; <c>Microsoft.AspNetCore.*</c> holds hosting, Kestrel, routing, diagnostics, rate limits, identity.</summary>
    private static readonly string[] Meters =
        ["Microsoft.AspNetCore.*", "Microsoft.EntityFrameworkCore", "System.Net.Http", "System.Net.NameResolution", "System.Runtime", "Npgsql", "MassTransit", "LinkShort.*"];

    /// <summary>A collector that is down may not hold up a stop for longer than this, in milliseconds, per signal.</summary>
    private const int FlushTimeout = 2_000;

    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        // The application's configuration instead of the process's environment only: settings files and tests count too.
        _traces = Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(collection => collection.AddSingleton(configuration))
            .ConfigureResource(resource => TelemetryExtensions.Describe(resource, configuration, environment))
            .AddSource(Sources)
            .AddSource(environment.ApplicationName)
            .AddOtlpExporter()
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(collection => collection.AddSingleton(configuration))
            .ConfigureResource(resource => TelemetryExtensions.Describe(resource, configuration, environment))
            .AddMeter(Meters)
            .AddMeter(environment.ApplicationName)
            .SetExemplarFilter(ExemplarFilterType.TraceBased)
            .AddOtlpExporter()
            .Build();
        Log.Exporting(logger, configuration["OTEL_EXPORTER_OTLP_ENDPOINT"], configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] ?? "grpc");
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs after every hosted service has stopped, so that their last spans and logs are among what is flushed.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.WhenAll(
        Task.Run(() => _traces?.ForceFlush(FlushTimeout), CancellationToken.None),
        Task.Run(() => _metrics?.ForceFlush(FlushTimeout), CancellationToken.None),
        Task.Run(() => services.GetService<LoggerProvider>()?.ForceFlush(FlushTimeout), CancellationToken.None));

    public void Dispose()
    {
        // Dispose alone waits up to 5 s for a collector that is down; what could be sent was sent in StoppedAsync.
        _traces?.Shutdown(FlushTimeout);
        _traces?.Dispose();
        _metrics?.Shutdown(FlushTimeout);
        _metrics?.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Exporting telemetry to {Endpoint} by {Protocol}")]
        public static partial void Exporting(ILogger logger, string? endpoint, string protocol);
    }
}
