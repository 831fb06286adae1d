using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;

namespace LinkShort.Redirect.Passwords;

/// <summary>
/// Limits wrong passwords within <see cref="Window"/>, per visitor and link, and per link across all visitors. An attempt is counted before
/// the check, so that concurrent attempts can't exceed the limit, and released if the password was right. Replicas share the counts; while
/// Redis is unavailable each counts its own.
/// </summary>
public sealed class PasswordAttempts(SharedPasswordState shared, PasswordKeys keys, TimeProvider time)
{
    public const int PerVisitor = 5;
    public const int PerLink = 100;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    /// <summary>Limit of windows in this process. When it is reached, all are cleared, which is better than refusing new visitors.</summary>
    private const int MaxWindows = 50_000;

    private readonly ConcurrentDictionary<(Guid Link, string Visitor), LocalWindow> _windows = new();

    /// <param name="Wait">Zero if granted; otherwise the time until an earlier attempt leaves the window.</param>
    public readonly record struct Attempt(Guid LinkId, string Visitor, string Name, TimeSpan Wait)
    {
        public bool IsGranted => Wait <= TimeSpan.Zero;
    }

    public async Task<Attempt> AcquireAsync(Guid linkId, IPAddress? address)
    {
        var visitor = keys.VisitorOf(linkId, address);
        var name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var wait = await shared.AcquireAsync(linkId, visitor, name) ?? AcquireLocally(linkId, visitor, name);
        return new Attempt(linkId, visitor, name, wait);
    }

    /// <summary>Removes an attempt whose password was right.</summary>
    public async Task ReleaseAsync(Attempt attempt)
    {
        WindowOf(attempt.LinkId, attempt.Visitor).Remove(attempt.Name);
        WindowOf(attempt.LinkId, "").Remove(attempt.Name);
        await shared.ReleaseAsync(attempt.LinkId, attempt.Visitor, attempt.Name);
    }

    private TimeSpan AcquireLocally(Guid linkId, string visitor, string name)
    {
        var now = time.GetUtcNow();
        var wait = WindowOf(linkId, "").Add(name, PerLink, now);
        if (wait > TimeSpan.Zero)
        {
            return wait;
        }

        wait = WindowOf(linkId, visitor).Add(name, PerVisitor, now);
        if (wait > TimeSpan.Zero)
        {
            WindowOf(linkId, "").Remove(name);
        }

        return wait;
    }

    private LocalWindow WindowOf(Guid linkId, string visitor)
    {
        if (_windows.Count >= MaxWindows)
        {
            _windows.Clear();
        }

        return _windows.GetOrAdd((linkId, visitor), static _ => new LocalWindow());
    }

    private sealed class LocalWindow
    {
        private readonly Lock _lock = new();
        private readonly List<(string Name, DateTimeOffset At)> _attempts = [];

        public TimeSpan Add(string name, int permits, DateTimeOffset now)
        {
            lock (_lock)
            {
                _attempts.RemoveAll(attempt => attempt.At <= now - Window);
                if (_attempts.Count >= permits)
                {
                    return _attempts[0].At + Window - now;
                }

                _attempts.Add((name, now));
                return TimeSpan.Zero;
            }
        }

        public void Remove(string name)
        {
            lock (_lock)
            {
                _attempts.RemoveAll(attempt => attempt.Name == name);
            }
        }
    }
}
