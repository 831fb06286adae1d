using System.Collections.Concurrent;
using LinkShort.Contracts;
using LinkShort.Visitors;

namespace LinkShort.Analytics.Enrichment;

/// <summary>Turns a click's headers into what is counted. A header once read is remembered: a few hundred make up most traffic.</summary>
public sealed class ClickEnricher(TimeProvider time, AnalyticsMetrics metrics)
{
    /// <summary>
    /// A click may wait long in redirect's spool, and clocks of several machines differ a little. A time further off is wrong,
    /// and the nearest thing that is known is when it arrived.
    /// </summary>
    public static readonly TimeSpan OldestAge = TimeSpan.FromDays(400);
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromHours(1);

    private readonly Remembered<UserAgent> _userAgents = new();
    private readonly Remembered<string> _referrers = new();
    private readonly Remembered<string> _languages = new();

    public EnrichedClick Enrich(Click click)
    {
        ArgumentNullException.ThrowIfNull(click);
        var agent = _userAgents.Get(click.UserAgent, UserAgents.Parse);
        return new EnrichedClick(
            click.ClickId,
            click.WorkspaceId,
            click.LinkId,
            TimeOf(click),
            click.Visitor,
            IsPrefetch(click.Purpose) ? ClickClass.Prefetch : agent.Class,
            _referrers.Get(click.Referrer, Referrers.DomainOf),
            agent.Browser,
            agent.Os,
            agent.Device,
            _languages.Get(click.AcceptLanguage, Languages.PrimaryOf),
            EnrichedClick.Unknown,
            EnrichedClick.Unknown);
    }

    private DateTime TimeOf(Click click)
    {
        var now = time.GetUtcNow();
        if (click.At >= now - OldestAge && click.At <= now + ClockTolerance)
        {
            return click.At.UtcDateTime;
        }

        metrics.TimeCorrected();
        return now.UtcDateTime;
    }

    /// <summary><c>Sec-Purpose: prefetch;prerender</c>, <c>Purpose: prefetch</c>, Safari's <c>preview</c>.</summary>
    private static bool IsPrefetch(string? purpose) =>
        purpose is not null
        && (purpose.Contains("prefetch", StringComparison.OrdinalIgnoreCase)
            || purpose.Contains("prerender", StringComparison.OrdinalIgnoreCase)
            || purpose.Contains("preview", StringComparison.OrdinalIgnoreCase));

    /// <summary>Forgets everything when full: simpler than an order of use, and the common values are back at once.</summary>
    private sealed class Remembered<T>
    {
        private const int Capacity = 4_096;
        private readonly ConcurrentDictionary<string, T> _values = new(StringComparer.Ordinal);
        private int _count;

        public T Get(string? header, Func<string?, T> read)
        {
            if (header is null)
            {
                return read(null);
            }

            if (_values.TryGetValue(header, out var known))
            {
                return known;
            }

            var value = read(header);
            if (Interlocked.Increment(ref _count) > Capacity)
            {
                _values.Clear();
                Interlocked.Exchange(ref _count, 0);
            }

            _values[header] = value;
            return value;
        }
    }
}
