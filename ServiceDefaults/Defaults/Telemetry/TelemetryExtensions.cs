using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Instrumentation.Http;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace LinkShort.ServiceDefaults.Telemetry;

/// <summary>Exports traces, metrics and logs over OTLP by OpenTelemetry's own packages. docs/adr/0036 has what is added to them and why.</summary>
internal static class TelemetryExtensions
{
    private const string EndpointKey = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ProtocolKey = "OTEL_EXPORTER_OTLP_PROTOCOL";
    private const string SamplerKey = "OTEL_TRACES_SAMPLER";

    /// <summary>
    /// Exports to <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>; without that setting nothing is registered.
    /// Protocol, headers, sampler, service name, resource attributes and intervals are read from the variables that the
    /// OpenTelemetry specification names (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
    /// </summary>
    /// <exception cref="InvalidOperationException">The endpoint or the protocol is invalid. The message names the key and the fix.</exception>
    internal static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        if (string.IsNullOrWhiteSpace(configuration[EndpointKey])
            || string.Equals(configuration["OTEL_SDK_DISABLED"], "true", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        ThrowIfUnusable(configuration);
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => Describe(resource, configuration, builder.Environment))
            .WithTracing(traces =>
            {
                traces
                    .AddAspNetCoreInstrumentation(Describe)
                    .AddHttpClientInstrumentation(Describe)
                    .AddSource("MassTransit", "Npgsql", "Yarp.ReverseProxy", "LinkShort.*", builder.Environment.ApplicationName);
                if (configuration[SamplerKey] is null or "" or "always_on" or "parentbased_always_on")
                {
                    traces.SetSampler(new ParentBasedSampler(new CausedCallsSampler()));
                }
            })
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                // Identity, authentication, memory pools: meters of .NET 10 that the instrumentation doesn't include yet.
                .AddMeter("Microsoft.AspNetCore.*", "Microsoft.EntityFrameworkCore", "MassTransit", "Npgsql", "Polly", "LinkShort.*", builder.Environment.ApplicationName)
                .SetExemplarFilter(ExemplarFilterType.TraceBased))
            .WithLogging(null, logs =>
            {
                logs.IncludeFormattedMessage = true;
                logs.IncludeScopes = true;
            })
            .UseOtlpExporter();

        // The first service registered stops last, so what the others log while they stop is still exported.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, TelemetryShutdown>());
    }

    /// <summary>Adds the service's name unless the environment sets one, which this would override.</summary>
    private static void Describe(ResourceBuilder resource, IConfiguration configuration, IHostEnvironment environment)
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

        static bool Names(string attributes, string key) => attributes
            .Split(',', StringSplitOptions.TrimEntries)
            .Any(pair => pair.StartsWith(key + "=", StringComparison.Ordinal));
    }

    private static void Describe(AspNetCoreTraceInstrumentationOptions options)
    {
        // Health probes come every few seconds. Spans within them (a query) follow their parent.
        options.Filter = context => !IsProbe(context.Request.Path);
        // The package masks the query's values but keeps its keys and the browser: neither belongs in a visitor's trace.
        options.EnrichWithHttpRequest = (activity, _) =>
        {
            activity.SetTag("url.query", null);
            activity.SetTag("user_agent.original", null);
        };
        // https://opentelemetry.io/docs/specs/semconv/http/http-spans/: an error has a type, at least its status.
        options.EnrichWithHttpResponse = (activity, response) =>
        {
            if (response.StatusCode >= StatusCodes.Status500InternalServerError && activity.GetTagItem("error.type") is null)
            {
                activity.SetTag("error.type", response.StatusCode.ToString(CultureInfo.InvariantCulture));
            }
        };
    }

    private static void Describe(HttpClientTraceInstrumentationOptions options) =>
        options.EnrichWithHttpRequestMessage = (activity, request) =>
            activity.SetTag("url.full", request.RequestUri?.GetLeftPart(UriPartial.Path));

    private static bool IsProbe(PathString path) =>
        path.Equals("/health", StringComparison.OrdinalIgnoreCase) || path.Equals("/alive", StringComparison.OrdinalIgnoreCase);

    [SuppressMessage("Usage", "CA2208", Justification = "The message names a setting, which is no parameter.")]
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

    /// <summary>
    /// Drops outgoing calls that no request, message or job caused: polls of the outbox and of queues, which would send a collector one trace
    /// per second and service. A service that receives such a call over HTTP sees that it is not recorded, and doesn't record it either.
    /// </summary>
    private sealed class CausedCallsSampler : Sampler
    {
        public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
            new(samplingParameters.Kind != ActivityKind.Client);
    }
}
