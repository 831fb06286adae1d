using System.Collections.Concurrent;

namespace LinkShort.Links.Tests;

/// <summary>The system clock, which a test can advance; timers that become due fire.</summary>
public sealed class SkippableTime : TimeProvider
{
    private readonly ConcurrentDictionary<SkippableTimer, bool> _timers = new();
    private long _skipped;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _skipped));

    public void Skip(TimeSpan time)
    {
        Interlocked.Add(ref _skipped, time.Ticks);
        foreach (var timer in _timers.Keys)
        {
            timer.Reschedule();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SkippableTimer(this, callback, state);
        _timers[timer] = true;
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SkippableTimer : ITimer
    {
        private readonly SkippableTime _time;
        private readonly Timer _timer;
        private readonly Lock _lock = new();
        private DateTimeOffset? _due;
        private TimeSpan _period;

        public SkippableTimer(SkippableTime time, TimerCallback callback, object? state)
        {
            _time = time;
            _timer = new Timer(_ =>
            {
                lock (_lock)
                {
                    _due = _period > TimeSpan.Zero ? _time.GetUtcNow() + _period : null;
                }

                Reschedule();
                callback(state);
            });
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_lock)
            {
                _due = dueTime >= TimeSpan.Zero ? _time.GetUtcNow() + dueTime : null;
                _period = period;
            }

            Reschedule();
            return true;
        }

        public void Reschedule()
        {
            lock (_lock)
            {
                if (_time._timers.ContainsKey(this))
                {
                    var left = _due - _time.GetUtcNow();
                    _timer.Change(left is null ? Timeout.InfiniteTimeSpan : left < TimeSpan.Zero ? TimeSpan.Zero : left.Value, Timeout.InfiniteTimeSpan);
                }
            }
        }

        public void Dispose()
        {
            _time._timers.TryRemove(this, out _);
            _timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
