using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace LinkShort.ServiceDefaults.Tests;

/// <summary><see cref="FakeTimeProvider"/> that also shows which timers are waiting, so that a test knows when to advance it.</summary>
/// <param name="start">21 November 2026 by default.</param>
internal sealed class ManualTime(DateTimeOffset? start = null) : FakeTimeProvider(start ?? new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero))
{
    private readonly ConcurrentDictionary<Timer, DateTimeOffset> _dueAt = new();

    /// <summary>The due times, from now, of the timers that are waiting.</summary>
    public TimeSpan[] Waiting
    {
        get
        {
            var now = GetUtcNow();
            return [.. _dueAt.Values.Select(dueAt => dueAt - now)];
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this);
        timer.Inner = base.CreateTimer(
            fired =>
            {
                timer.SetDue(timer.Period);
                callback(fired);
            },
            state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(ManualTime time) : ITimer
    {
        public ITimer Inner { get; set; } = null!;

        public TimeSpan Period { get; private set; }

        public void SetDue(TimeSpan dueTime)
        {
            if (dueTime > TimeSpan.Zero)
            {
                time._dueAt[this] = time.GetUtcNow() + dueTime;
            }
            else
            {
                time._dueAt.TryRemove(this, out _);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Period = period;
            SetDue(dueTime);
            return Inner.Change(dueTime, period);
        }

        public void Dispose()
        {
            time._dueAt.TryRemove(this, out _);
            Inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
