using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using LinkShort.ServiceDefaults.Discovery;
using LinkShort.ServiceDefaults.Health;
using LinkShort.ServiceDefaults.Json;
using LinkShort.ServiceDefaults.Logging;
using LinkShort.ServiceDefaults.Resilience;
using LinkShort.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace LinkShort.ServiceDefaults;

/// <summary>What every service has in common, in two calls.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Adds telemetry, health checks, service discovery, resilient HTTP clients and strict JSON.</summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        BadSettings.EndTheProcess();
        // Below every other source of settings, so that each category can be turned up again.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = QuietCategories });
        // First, so that it stops last and exports what the others log while they stop.
        builder.AddTelemetry();
        builder.AddConsoleTraceIds();
        builder.AddLogRedaction();
        builder.AddServiceDiscovery();
        builder.AddHttpResilience();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddHealthChecks()
            .AddCheck("self", () => HealthCheckResult.Healthy(), ["live"])
            .AddCheck<BackgroundJobsCheck>(BackgroundJobsCheck.Name, HealthStatus.Degraded, ["ready"]);
        builder.Services.AddSingleton<HealthHistory>();
        builder.Services.ConfigureHttpJsonOptions(options => ConfigureJson(options.SerializerOptions));
        return builder;
    }

    /// <summary><c>/health</c> (ready: every check) and <c>/alive</c> (the process answers).</summary>
    /// <param name="showsDetails">Who sees which checks there are and why one fails; others see the status. Default: everyone.</param>
    public static WebApplication MapDefaultEndpoints(this WebApplication app, Func<HttpContext, bool>? showsDetails = null)
    {
        app.MapHealthChecks("/health", new HealthCheckOptions
        {
            ResponseWriter = (context, report) => HealthReportWriter.WriteAsync(context, report, showsDetails?.Invoke(context) ?? true),
        }).DisableHttpMetrics().AllowAnonymous();
        app.MapHealthChecks("/alive", new HealthCheckOptions { Predicate = check => check.Tags.Contains("live") }).DisableHttpMetrics().AllowAnonymous();
        return app;
    }

    /// <summary>The framework's log lines for each request and statement at level Information cost more than the work itself.</summary>
    private static readonly Dictionary<string, string?> QuietCategories = new()
    {
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        ["Logging:LogLevel:Microsoft.EntityFrameworkCore"] = "Warning",
        ["Logging:LogLevel:Npgsql"] = "Warning",
        ["Logging:LogLevel:System.Net.Http"] = "Warning",
        ["Logging:LogLevel:Yarp"] = "Warning",
        ["Logging:LogLevel:Polly"] = "Warning",
        ["Logging:LogLevel:StackExchange.Redis"] = "Warning",
        // At Warning it logs each retry of each message, with its exception, every few seconds of an outage.
        ["Logging:LogLevel:MassTransit.ReceiveTransport"] = "Error",
    };

    /// <summary>
    /// camelCase, RFC 3339 times with an offset, integers as JSON Schema defines them, and strict input: unknown or duplicate fields and U+0000 in
    /// a text are errors.
    /// </summary>
    public static void ConfigureJson(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.RespectNullableAnnotations = true;
        options.MaxDepth = 32;
        options.TypeInfoResolver = (options.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver()).WithAddedModifier(RequiredText.Require);
        options.Converters.Add(new UtcDateTimeOffsetConverter());
        options.Converters.Add(new WholeNumberConverter<int>());
        options.Converters.Add(new WholeNumberConverter<long>());
        options.Converters.Add(new TextConverter());
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
    }
}
