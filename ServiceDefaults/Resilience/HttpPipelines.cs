using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace LinkShort.ServiceDefaults.Resilience;

/// <summary>
/// One pipeline a destination: total time-out → retry → circuit breaker → time-out of a try. The breaker is inside
/// the retry, so that each try counts and a host that is down is found out early; a refused try is not retried.
/// </summary>
internal sealed partial class HttpPipelines(
    IOptions<HttpResilienceOptions> options, TimeProvider time, IMeterFactory meters, ILogger<HttpPipelines> logger)
{
    /// <summary>Set when the request may be sent more than once.</summary>
    internal static readonly ResiliencePropertyKey<bool> Repeatable = new("repeatable");

    /// <summary>Above this many destinations those whose breakers know nothing any more are forgotten.</summary>
    internal const int SweepAt = 256;

    private readonly HttpResilienceOptions _options = options.Value;
    private readonly ConcurrentDictionary<string, Entry> _pipelines = new(StringComparer.OrdinalIgnoreCase);
    private readonly Instruments _instruments = new(meters);

    internal int Count => _pipelines.Count;

    /// <param name="authority">Scheme, host and port as the caller said them, before discovery: all replicas of a service share one breaker.</param>
    public ResiliencePipeline<HttpResponseMessage> For(string authority)
    {
        if (!_pipelines.TryGetValue(authority, out var entry))
        {
            if (_pipelines.Count >= SweepAt)
            {
                Sweep();
            }

            entry = _pipelines.GetOrAdd(authority, host => new Entry(Build(host)));
        }

        Volatile.Write(ref entry.UsedAt, time.GetTimestamp());
        return entry.Pipeline;
    }

    /// <summary>A breaker that was not used for sampling time plus pause holds no count and keeps nobody out: forgetting it changes nothing.</summary>
    private void Sweep()
    {
        var age = _options.BreakerSampling + _options.BreakerPause + _options.TotalTimeout;
        foreach (var (authority, entry) in _pipelines)
        {
            if (time.GetElapsedTime(Volatile.Read(ref entry.UsedAt)) > age)
            {
                _pipelines.TryRemove(authority, out _);
            }
        }
    }

    private ResiliencePipeline<HttpResponseMessage> Build(string authority)
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time, Name = authority };
        builder.AddTimeout(new TimeoutStrategyOptions { Timeout = _options.TotalTimeout });
        if (_options.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = _options.MaxRetries,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = _options.BaseDelay,
                MaxDelay = _options.MaxDelay,
                ShouldHandle = arguments => ValueTask.FromResult(
                    arguments.Context.Properties.GetValue(Repeatable, false)
                    && MayPass(arguments.Outcome)
                    && (RetryAfter(arguments.Outcome.Result) ?? TimeSpan.Zero) <= _options.MaxDelay),
                DelayGenerator = arguments => ValueTask.FromResult(RetryAfter(arguments.Outcome.Result)),
                OnRetry = arguments =>
                {
                    _instruments.Retries.Add(1, new KeyValuePair<string, object?>("server.address", authority));
                    Log.Retrying(logger, authority, arguments.AttemptNumber + 2, arguments.RetryDelay.TotalMilliseconds, Describe(arguments.Outcome));
                    return default;
                },
            });
        }

        builder.AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
        {
            FailureRatio = _options.BreakerFailureRatio,
            MinimumThroughput = _options.BreakerMinimumCalls,
            SamplingDuration = _options.BreakerSampling,
            BreakDuration = _options.BreakerPause,
            ShouldHandle = arguments => ValueTask.FromResult(IsOutage(arguments.Outcome)),
            OnOpened = arguments =>
            {
                _instruments.Opened.Add(1, new KeyValuePair<string, object?>("server.address", authority));
                Log.Opened(logger, authority, arguments.BreakDuration.TotalMilliseconds, Describe(arguments.Outcome));
                return default;
            },
            OnClosed = _ =>
            {
                Log.Closed(logger, authority);
                return default;
            },
        });
        builder.AddTimeout(new TimeoutStrategyOptions { Timeout = _options.AttemptTimeout });
        return builder.Build();
    }

    /// <summary>Whether the same request may succeed a moment later.</summary>
    private static bool MayPass(Outcome<HttpResponseMessage> outcome) =>
        IsOutage(outcome) || outcome.Result is { StatusCode: HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests };

    /// <summary>Whether it says that the host is ill. 408 and 429 don't: they are about one client.</summary>
    private static bool IsOutage(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: Discovery.UnknownServiceException } => false,
        { Exception: HttpRequestException or TimeoutRejectedException } => true,
        { Exception: OperationCanceledException { InnerException: TimeoutException } } => true,
        { Result.StatusCode: >= HttpStatusCode.InternalServerError } => true,
        _ => false,
    };

    /// <summary>How long the answer asks us to wait (RFC 9110, 10.2.3), in seconds or as a date; null if it doesn't.</summary>
    private TimeSpan? RetryAfter(HttpResponseMessage? response)
    {
        var wait = response?.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static string Describe(Outcome<HttpResponseMessage> outcome) => outcome.Exception is { } exception
        ? exception.Message
        : $"status {(int)(outcome.Result?.StatusCode ?? 0)}";

    private sealed class Entry(ResiliencePipeline<HttpResponseMessage> pipeline)
    {
        public long UsedAt;

        public ResiliencePipeline<HttpResponseMessage> Pipeline { get; } = pipeline;
    }

    private sealed class Instruments
    {
        public Instruments(IMeterFactory meters)
        {
            var meter = meters.Create("LinkShort.Http");
            Retries = meter.CreateCounter<long>("linkshort.http.retries", "{retry}", "Outgoing requests that were sent again");
            Opened = meter.CreateCounter<long>("linkshort.http.breaker_openings", "{opening}", "Times that calls to a failing host were suspended");
        }

        public Counter<long> Retries { get; }

        public Counter<long> Opened { get; }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Try {Attempt} of a call to {Host} in {DelayMilliseconds} ms, because of: {Reason}")]
        public static partial void Retrying(ILogger logger, string host, int attempt, double delayMilliseconds, string reason);

        [LoggerMessage(LogLevel.Error, "Too many calls to {Host} fail: none for {PauseMilliseconds} ms. The last: {Reason}")]
        public static partial void Opened(ILogger logger, string host, double pauseMilliseconds, string reason);

        [LoggerMessage(LogLevel.Information, "Calls to {Host} succeed again")]
        public static partial void Closed(ILogger logger, string host);
    }
}
