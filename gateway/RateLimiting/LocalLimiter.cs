using System.Collections.Concurrent;

namespace LinkShort.Gateway.RateLimiting;

/// <summary>The same sliding window, in this process only, while Redis is unavailable.</summary>
internal sealed class LocalLimiter(TimeProvider time)
{
    /// <summary>Maximum number of callers; above it, idle ones are evicted first. About 100 MB at the default limits.</summary>
    private const int MostWindows = 100_000;

    private readonly ConcurrentDictionary<(string Policy, string Partition), Window> _windows = new();

    public Permit Acquire(Limit limit, string partition)
    {
        if (_windows.Count >= MostWindows)
        {
            Sweep();
        }

        return _windows.GetOrAdd((limit.Name, partition), static (_, span) => new Window(span), limit.Window)
            .Acquire(limit.Permits, time.GetUtcNow());
    }

    /// <summary>Gives a permit back.</summary>
    public void Return(Limit limit, string partition)
    {
        if (_windows.TryGetValue((limit.Name, partition), out var window))
        {
            window.Return();
        }
    }

    private void Sweep()
    {
        var now = time.GetUtcNow();
        foreach (var (key, window) in _windows)
        {
            if (window.IsIdle(now))
            {
                _windows.TryRemove(key, out _);
            }
        }

        if (_windows.Count >= MostWindows)
        {
            // A flood from more addresses than fit, while Redis is down: forgetting is better than refusing everybody.
            _windows.Clear();
        }
    }

    private sealed class Window(TimeSpan span)
    {
        private readonly Lock _lock = new();
        private readonly Queue<DateTimeOffset> _passed = new();

        public Permit Acquire(int permits, DateTimeOffset now)
        {
            lock (_lock)
            {
                while (_passed.TryPeek(out var oldest) && oldest <= now - span)
                {
                    _passed.Dequeue();
                }

                var granted = _passed.Count < permits;
                if (granted)
                {
                    _passed.Enqueue(now);
                }

                return new Permit(granted, permits - _passed.Count, _passed.Peek() + span - now);
            }
        }

        /// <summary>Drops the oldest, whichever it was: what remains leaves the window later, so that the limit is never exceeded.</summary>
        public void Return()
        {
            lock (_lock)
            {
                _passed.TryDequeue(out _);
            }
        }

        public bool IsIdle(DateTimeOffset now)
        {
            lock (_lock)
            {
                return _passed.Count == 0 || _passed.Last() <= now - span;
            }
        }
    }
}
