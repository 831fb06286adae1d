using System.Collections.Concurrent;

namespace LinkShort.ServiceDefaults.Health;

/// <summary>Remembers across the probes of this process since when each check fails.</summary>
public sealed class HealthHistory(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _failing = new(StringComparer.Ordinal);

    /// <summary>Records a probe's result.</summary>
    /// <returns>The time of the first of the failed probes in a row; null for a healthy one.</returns>
    public DateTimeOffset? Observe(string name, bool isHealthy)
    {
        if (isHealthy)
        {
            _failing.TryRemove(name, out _);
            return null;
        }

        return _failing.GetOrAdd(name, static (_, clock) => clock.GetUtcNow(), time);
    }
}

/// <summary>Why something fails, in words without hosts, users or addresses.</summary>
/// <param name="Since">The first failed probe, UTC.</param>
public sealed record HealthProblem(string Why, DateTimeOffset Since);
