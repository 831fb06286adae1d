using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults.Resilience;

/// <summary>Settings of outgoing HTTP calls, section <c>Http:Resilience</c> (<c>Http__Resilience__AttemptTimeout=00:00:05</c>).</summary>
public sealed class HttpResilienceOptions
{
    public const string SectionName = "Http:Resilience";

    /// <summary>Until the response's headers, for all attempts and the delays between them. Default 30 s.</summary>
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Until the response's headers, for one attempt. Default 10 s.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Retries of idempotent requests. 0 disables them. Default 3.</summary>
    public int MaxRetries { get; set; } = 3;

    /// <summary>Median delay before the first retry; doubles with each retry, with jitter. Default 200 ms.</summary>
    public TimeSpan BaseDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest delay before a retry. A response with a longer Retry-After is returned to the caller at once. Default 5 s.</summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Share of failed calls to a host that opens its circuit breaker, above 0 up to 1. Default 0.5.</summary>
    public double BreakerFailureRatio { get; set; } = 0.5;

    /// <summary>Minimum number of calls in the sampling time for the breaker to open, at least 2. Default 20.</summary>
    public int BreakerMinimumCalls { get; set; } = 20;

    /// <summary>The time over which calls are counted, at least 500 ms. Default 10 s.</summary>
    public TimeSpan BreakerSampling { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the breaker stays open, 500 ms to 1 h; then one call probes the host. Default 5 s.</summary>
    public TimeSpan BreakerPause { get; set; } = TimeSpan.FromSeconds(5);
}

/// <summary>Reports every invalid setting with its key and the fix.</summary>
internal sealed class HttpResilienceOptionsValidator : IValidateOptions<HttpResilienceOptions>
{
    /// <summary>Of the environment variables.</summary>
    private const string Prefix = "Http__Resilience__";

    public ValidateOptionsResult Validate(string? name, HttpResilienceOptions options)
    {
        List<string> failures = [];
        var halfSecond = TimeSpan.FromMilliseconds(500);
        var hour = TimeSpan.FromHours(1);
        var day = TimeSpan.FromDays(1);

        // Polly's own limits (its options' attributes), reported with our keys.
        Within(nameof(options.TotalTimeout), options.TotalTimeout, TimeSpan.FromMilliseconds(10), day);
        Within(nameof(options.AttemptTimeout), options.AttemptTimeout, TimeSpan.FromMilliseconds(10), day);
        Within(nameof(options.BaseDelay), options.BaseDelay, TimeSpan.FromMilliseconds(1), day);
        Within(nameof(options.MaxDelay), options.MaxDelay, TimeSpan.FromMilliseconds(1), day);
        Within(nameof(options.BreakerSampling), options.BreakerSampling, halfSecond, day);
        Within(nameof(options.BreakerPause), options.BreakerPause, halfSecond, hour);
        Check(options.AttemptTimeout <= options.TotalTimeout, nameof(options.AttemptTimeout), options.AttemptTimeout,
            $"must not be longer than {Prefix}{nameof(options.TotalTimeout)} ({options.TotalTimeout})", "00:00:10");
        Check(options.BaseDelay <= options.MaxDelay, nameof(options.BaseDelay), options.BaseDelay,
            $"must not be longer than {Prefix}{nameof(options.MaxDelay)} ({options.MaxDelay})", "00:00:00.200");
        Check(options.MaxRetries is >= 0 and <= 20, nameof(options.MaxRetries), options.MaxRetries, "must be 0 to 20", "3");
        Check(options.BreakerFailureRatio is > 0 and <= 1, nameof(options.BreakerFailureRatio), options.BreakerFailureRatio, "must be above 0 and at most 1", "0.5");
        Check(options.BreakerMinimumCalls >= 2, nameof(options.BreakerMinimumCalls), options.BreakerMinimumCalls, "must be at least 2", "20");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Within(string key, TimeSpan value, TimeSpan from, TimeSpan to) =>
            Check(value >= from && value <= to, key, value, $"must be from {from} to {to}", "00:00:05");

        void Check(bool holds, string key, object value, string rule, string example)
        {
            if (!holds)
            {
                failures.Add(FormattableString.Invariant($"Setting {Prefix}{key} is {value} but {rule}. Set it to {example}, for example."));
            }
        }
    }
}
