using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LinkShort.Hosting;

internal enum Death
{
    /// <summary>It runs, or was stopped by an operator.</summary>
    None,

    /// <summary>A restart may help.</summary>
    Temporary,

    /// <summary>It never served, and can't with its settings.</summary>
    ByBadSetting,
}

/// <summary>What the supervisor knows of a process or container.</summary>
internal sealed class SupervisedProcess(TimeProvider time)
{
    private readonly BackOff _backOff = new();
    private readonly Lock _gate = new();

    private string? _state;
    private bool _wasHealthy;
    private DateTimeOffset? _healthySince;

    public bool IsDead
    {
        get
        {
            lock (_gate)
            {
                return KnownResourceStates.TerminalStates.Contains(_state);
            }
        }
    }

    /// <summary>Takes its next state.</summary>
    /// <returns>Whether it has just died.</returns>
    public Death Take(string? state, HealthStatus? health, int? exitCode)
    {
        lock (_gate)
        {
            if (state == KnownResourceStates.Running && (health is null or HealthStatus.Healthy or HealthStatus.Degraded))
            {
                _wasHealthy = true;
                _healthySince ??= time.GetUtcNow();
            }

            var before = _state;
            _state = state;
            // A resource that an operator stops in the dashboard passes through Stopping, and is not restarted.
            if ((before != KnownResourceStates.Running && before != KnownResourceStates.Starting) || !KnownResourceStates.TerminalStates.Contains(state))
            {
                return Death.None;
            }

            if (exitCode == Supervisor.BadConfiguration && !_wasHealthy)
            {
                return Death.ByBadSetting;
            }

            if (_healthySince is { } since)
            {
                _backOff.Ran(time.GetUtcNow() - since);
                _healthySince = null;
            }

            return Death.Temporary;
        }
    }

    /// <summary>How long to wait before the next start.</summary>
    public TimeSpan Pause()
    {
        lock (_gate)
        {
            return _backOff.Next();
        }
    }
}

/// <summary>
/// Pauses before restarts: a quarter of a second after a run that was healthy for a while, doubling up to half a minute while the process keeps
/// exiting.
/// </summary>
internal sealed class BackOff
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>A process that dies sooner than this is one that keeps exiting, even if its first health check passed.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);

    private int _deaths;

    public void Ran(TimeSpan healthyFor) => _deaths = healthyFor >= Settled ? 0 : _deaths;

    public TimeSpan Next()
    {
        var pause = Shortest * Math.Pow(2, Math.Min(_deaths++, 10));
        return (pause < Longest ? pause : Longest) * (0.8 + (0.4 * Random.Shared.NextDouble()));
    }
}
