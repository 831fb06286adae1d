using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;

namespace LinkShort.Redirect.Passwords;

/// <summary>
/// How often passwords may be tried: wrong ones in any stretch of <see cref="Window"/>, per visitor and link, and per link over all
/// visitors. An attempt is counted before it is checked, so that many at once can't pass the limit, and taken back when it was right.
/// Counted by all replicas together; by each for itself while Redis is away.
/// </summary>
public sealed class PasswordAttempts(SharedPasswordState shared, PasswordKeys keys, TimeProvider time)
{
    public const int PerVisitor = 5;
    public const int PerLink = 100;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    /// <summary>Windows in this process at the most; beyond it they are forgotten, which is better than to refuse strangers.</summary>
    private const int MostWindows = 50_000;

    private readonly ConcurrentDictionary<(Guid Link, string Visitor), LocalWindow> _windows = new();

    /// <param name="Wait">Zero when it is granted; otherwise until one of the earlier attempts no longer counts.</param>
    public readonly record struct Attempt(Guid LinkId, string Visitor, string Name, TimeSpan Wait)
    {
        public bool IsGranted => Wait <= TimeSpan.Zero;
    }

    public async Task<Attempt> AcquireAsync(Guid linkId, IPAddress? address)
    {
        var visitor = keys.VisitorOf(linkId, address);
        var name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var wait = await shared.AcquireAsync(linkId, visitor, name) ?? AcquireHere(linkId, visitor, name);
        return new Attempt(linkId, visitor, name, wait);
    }

    /// <summary>The password was right: the attempt doesn't count.</summary>
    public async Task ReleaseAsync(Attempt attempt)
    {
        WindowOf(attempt.LinkId, attempt.Visitor).Remove(attempt.Name);
        WindowOf(attempt.LinkId, "").Remove(attempt.Name);
        await shared.ReleaseAsync(attempt.LinkId, attempt.Visitor, attempt.Name);
    }

    private TimeSpan AcquireHere(Guid linkId, string visitor, string name)
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
        if (_windows.Count >= MostWindows)
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
