using System.Net;
using System.Net.Http.Json;
using LinkShort.ServiceDefaults.Discovery;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Telemetry;

namespace LinkShort.ServiceDefaults.Resilience;

/// <summary>Time-outs, retries and circuit breakers for every client of <see cref="IHttpClientFactory"/>.</summary>
internal static class HttpResilienceExtensions
{
    private const string IdempotencyKey = "Idempotency-Key";

    /// <summary>
    /// Settings: <see cref="HttpResilienceOptions"/>. One pipeline per authority as the caller named it, before discovery, so that all
    /// replicas of a service share one breaker: total time-out → retry → circuit breaker → time-out of an attempt. The breaker is
    /// inside the retry: it counts each attempt, and an attempt that it refuses is not retried.
    /// </summary>
    /// <remarks>
    /// The package's strategies, but not its AddStandardResilienceHandler: that one retries no PUT, DELETE or POST with an
    /// Idempotency-Key once unsafe methods are excluded, allows neither zero retries nor a sampling time below twice an attempt's
    /// time-out, and limits calls to 1,000 concurrent ones. Pipelines are never removed, so clients of hosts that users choose must not use this.
    /// </remarks>
    internal static void AddHttpResilience(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        builder.AddValidatedOptions<HttpResilienceOptions>(HttpResilienceOptions.SectionName);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HttpResilienceOptions>, HttpResilienceOptionsValidator>());
        // The caller decides what a failed call means and says so. As errors, each start would show some until all services are ready.
        services.Configure<TelemetryOptions>(static telemetry => telemetry.SeverityProvider =
            static arguments => (ResilienceEventSeverity)Math.Min((int)arguments.Event.Severity, (int)ResilienceEventSeverity.Warning));
        services.ConfigureHttpClientDefaults(client =>
        {
            client.AddResilienceHandler("calls", static (pipeline, context) => Build(
                    pipeline,
                    context.ServiceProvider.GetRequiredService<IOptions<HttpResilienceOptions>>().Value,
                    context.ServiceProvider.GetRequiredService<TimeProvider>()))
                .SelectPipelineByAuthority();

            // In front of discovery, independent of the order of registration: a retry may go to another replica.
            client.ConfigureAdditionalHttpMessageHandlers(static (handlers, _) =>
            {
                var resilience = handlers[^1];
                handlers.RemoveAt(handlers.Count - 1);
                handlers.Insert(0, resilience);
                handlers.Insert(0, new CallFailureHandler());
            });
        });
    }

    private static void Build(ResiliencePipelineBuilder<HttpResponseMessage> pipeline, HttpResilienceOptions options, TimeProvider time)
    {
        pipeline.TimeProvider = time;
        pipeline.AddTimeout(new HttpTimeoutStrategyOptions { Name = "Total", Timeout = options.TotalTimeout });
        if (options.MaxRetries > 0)
        {
            pipeline.AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = options.MaxRetries,
                Delay = options.BaseDelay,
                MaxDelay = options.MaxDelay,
                ShouldHandle = arguments => ValueTask.FromResult(
                    IsTransient(arguments.Outcome)
                    && IsRepeatable(arguments.Context.GetRequestMessage())
                    && (RetryAfter(arguments.Outcome.Result, time) ?? TimeSpan.Zero) <= options.MaxDelay),
                // The package's own generator compares dates with the system clock only.
                DelayGenerator = arguments => ValueTask.FromResult(RetryAfter(arguments.Outcome.Result, time)),
            });
        }

        pipeline.AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions
        {
            FailureRatio = options.BreakerFailureRatio,
            MinimumThroughput = options.BreakerMinimumCalls,
            SamplingDuration = options.BreakerSampling,
            BreakDuration = options.BreakerPause,
            // 408 and 429 concern one client, not the host.
            ShouldHandle = static arguments => ValueTask.FromResult(
                IsTransient(arguments.Outcome)
                && arguments.Outcome.Result is not { StatusCode: HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests }),
        });
        pipeline.AddTimeout(new HttpTimeoutStrategyOptions { Name = "Try", Timeout = options.AttemptTimeout });
    }

    /// <summary>Whether the same request may succeed a moment later.</summary>
    private static bool IsTransient(Outcome<HttpResponseMessage> outcome) => outcome.Exception switch
    {
        UnknownServiceException => false,
        // A connect time-out.
        OperationCanceledException { InnerException: TimeoutException } => true,
        _ => HttpClientResiliencePredicates.IsTransient(outcome),
    };

    /// <summary>
    /// Whether the request may be sent more than once: it is idempotent by method (RFC 9110, 9.2.2) or by an Idempotency-Key, and its content
    /// can be read again.
    /// </summary>
    private static bool IsRepeatable(HttpRequestMessage? request) =>
        request is not null
        && (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head || request.Method == HttpMethod.Options
            || request.Method == HttpMethod.Put || request.Method == HttpMethod.Delete
            || request.Headers.NonValidated.Contains(IdempotencyKey))
        && IsReadableAgain(request.Content);

    private static bool IsReadableAgain(HttpContent? content) => content switch
    {
        null or ByteArrayContent or ReadOnlyMemoryContent or JsonContent => true,
        MultipartContent parts => parts.All(IsReadableAgain),
        _ => false,
    };

    /// <summary>The response's Retry-After (RFC 9110, 10.2.3), which is in seconds or a date; null without one.</summary>
    private static TimeSpan? RetryAfter(HttpResponseMessage? response, TimeProvider time)
    {
        var wait = response?.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}
