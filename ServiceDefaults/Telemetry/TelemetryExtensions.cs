using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Logs;
using OpenTelemetry.Resources;

namespace LinkShort.ServiceDefaults.Telemetry;

/// <summary>Traces, metrics and logs over OTLP, from the framework's own activity sources and meters.</summary>
internal static class TelemetryExtensions
{
    private const string EndpointKey = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ProtocolKey = "OTEL_EXPORTER_OTLP_PROTOCOL";

    /// <summary>
    /// Exports to <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>; without that setting nothing is registered, so nothing costs.
    /// Protocol, headers, service name, resource attributes and intervals are read from the variables that the
    /// OpenTelemetry specification names (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
    /// </summary>
    /// <exception cref="InvalidOperationException">The endpoint or the protocol can't be used; names the key and the fix.</exception>
    internal static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration[EndpointKey])
            || string.Equals(builder.Configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        ThrowIfUnusable(builder.Configuration);

        // .NET 10 leaves method, path and address off its own server spans unless told otherwise.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);

        builder.Logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeFormattedMessage = true;
            logs.IncludeScopes = true;
            logs.SetResourceBuilder(Describe(ResourceBuilder.CreateDefault(), builder.Configuration, builder.Environment));
            logs.AddOtlpExporter();
        });

        // First registered is last stopped: what the other services say while they stop is still exported.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, TelemetryExport>());
        builder.Services.AddSingleton<Microsoft.AspNetCore.Hosting.IStartupFilter, RequestSpans>();
    }

    /// <summary>Adds the service's name where the environment doesn't give one (that one would be overridden).</summary>
    internal static ResourceBuilder Describe(ResourceBuilder resource, IConfiguration configuration, IHostEnvironment environment)
    {
        var attributes = configuration["OTEL_RESOURCE_ATTRIBUTES"] ?? "";
        if (string.IsNullOrWhiteSpace(configuration["OTEL_SERVICE_NAME"]) && !Names(attributes, "service.name"))
        {
            resource.AddService(environment.ApplicationName, autoGenerateServiceInstanceId: false);
        }

        if (!Names(attributes, "service.instance.id"))
        {
            resource.AddAttributes([new("service.instance.id", $"{Environment.MachineName}-{Environment.ProcessId}")]);
        }

        if (!Names(attributes, "deployment.environment.name"))
        {
            resource.AddAttributes([new("deployment.environment.name", environment.EnvironmentName.ToLowerInvariant())]);
        }

        return resource;

        static bool Names(string attributes, string key) => attributes
            .Split(',', StringSplitOptions.TrimEntries)
            .Any(pair => pair.StartsWith(key + "=", StringComparison.Ordinal));
    }

    [SuppressMessage("Usage", "CA2208", Justification = "The message names the setting, which no parameter stands for.")]
    private static void ThrowIfUnusable(IConfiguration configuration)
    {
        var endpoint = configuration[EndpointKey];
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new InvalidOperationException(
                $"{EndpointKey} is '{endpoint}', which is not an http or https address. Set it to the collector's, e.g. http://localhost:4317, or leave it empty to export nothing.");
        }

        var protocol = configuration[ProtocolKey];
        if (protocol is not (null or "" or "grpc" or "http/protobuf"))
        {
            throw new InvalidOperationException(
                $"{ProtocolKey} is '{protocol}'. Set it to grpc or http/protobuf, or leave it empty for grpc.");
        }
    }
}
