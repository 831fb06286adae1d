using System.Collections.Concurrent;

namespace LinkShort.ServiceDefaults.Health;

/// <summary>Since when something fails, as far as the probes of this process have seen. Holds across probes.</summary>
public sealed class HealthHistory(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _failing = new(StringComparer.Ordinal);

    /// <summary>Notes a probe's result.</summary>
    /// <returns>When the first of the failed probes in a row was; null for a healthy one.</returns>
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
/// <param name="Since">When it was first seen, UTC.</param>
public sealed record HealthProblem(string Why, DateTimeOffset Since);
