using System.Diagnostics.Metrics;
using LinkShort.Redirect.ReadModel;
using LinkShort.Redirect.Routing;

namespace LinkShort.Redirect;

/// <summary>Where a look-up ended.</summary>
public enum Tier
{
    Memory,
    Redis,
    Store,
    Links,

    /// <summary>Memory past its time, because nothing else could be asked.</summary>
    Stale,

    /// <summary>Nobody knew it.</summary>
    None,

    /// <summary>Nowhere: no link has the code, by the filter over all codes, and enough others were asked for just now.</summary>
    Filter,
}

/// <summary>The service's counters; metric names and units as an operator sees them.</summary>
public sealed class RedirectTelemetry
{
    public const string MeterName = "LinkShort.Redirect";

    private static readonly string[] Outcomes = Names<Outcome>();
    private static readonly string[] Tiers = Names<Tier>();
    private readonly Meter _meter;
    private readonly PerCoreCounters _answers = new(Outcomes.Length);
    private readonly PerCoreCounters _lookups = new(Tiers.Length);
    private readonly Counter<long> _published;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _rebuilds;
    private readonly Counter<long> _endedRebuilds;
    private readonly Counter<long> _rebuiltRoutes;
    private readonly Counter<long> _reconciliations;
    private readonly Counter<long> _reconciledRoutes;
    private long _notKept;

    public RedirectTelemetry(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        _meter = meters.Create(MeterName);
        // Read when somebody collects: a counter with tags costs each visitor a look-up in every listener.
        _meter.CreateObservableCounter(
            "linkshort.redirect.answers", () => _answers.Measure("outcome", Outcomes), "{answer}", "Answered visitors, by outcome.");
        _meter.CreateObservableCounter(
            "linkshort.redirect.lookups", () => _lookups.Measure("tier", Tiers), "{lookup}", "Look-ups of short addresses, by the tier that knew.");
        _published = _meter.CreateCounter<long>("linkshort.redirect.clicks.published", "{click}", "Clicks that the broker confirmed.");
        _dropped = _meter.CreateCounter<long>("linkshort.redirect.clicks.dropped", "{click}", "Clicks that could not be kept, by reason.");
        _rebuilds = _meter.CreateCounter<long>("linkshort.redirect.rebuild.requests", "{request}", "Operators' requests to rebuild the read model, by outcome.");
        _endedRebuilds = _meter.CreateCounter<long>("linkshort.redirect.rebuilds", "{rebuild}", "Rebuilds of the read model that ended, by outcome.");
        _rebuiltRoutes = _meter.CreateCounter<long>("linkshort.redirect.rebuild.routes", "{route}", "Routes that builds of the read model changed, by change.");
        _reconciliations = _meter.CreateCounter<long>("linkshort.redirect.reconciliations", "{comparison}", "Comparisons of the read model with links, by outcome.");
        _reconciledRoutes = _meter.CreateCounter<long>("linkshort.redirect.reconciled.routes", "{route}", "Routes that differed from links and were mended, by change.");
    }

    /// <param name="isRefused">Too many links were missing in links, and no route was removed.</param>
    public void Reconciled(int written, int removed, bool isRefused)
    {
        _reconciliations.Add(1, new KeyValuePair<string, object?>("outcome", isRefused ? "refused" : written + removed > 0 ? "mended" : "equal"));
        _reconciledRoutes.Add(written, new KeyValuePair<string, object?>("change", "written"));
        _reconciledRoutes.Add(removed, new KeyValuePair<string, object?>("change", "removed"));
    }

    public void RebuildRequested(bool isStarted) =>
        _rebuilds.Add(1, new KeyValuePair<string, object?>("outcome", isStarted ? "started" : "already_running"));

    /// <param name="isRefused">Too many links were missing, and no route was removed.</param>
    public void RebuildEnded(bool isRefused) =>
        _endedRebuilds.Add(1, new KeyValuePair<string, object?>("outcome", isRefused ? "refused" : "completed"));

    public void PageApplied(PageChanges changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        _rebuiltRoutes.Add(changes.Written, new KeyValuePair<string, object?>("change", "written"));
        _rebuiltRoutes.Add(changes.Removed, new KeyValuePair<string, object?>("change", "removed"));
    }

    public void Answered(Outcome outcome) => _answers.Increment((int)outcome);

    public void FoundIn(Tier tier) => _lookups.Increment((int)tier);

    /// <summary>Since the start of the process.</summary>
    public long Count(Tier tier) => _lookups.Sum((int)tier);

    public void ClicksPublished(int count) => _published.Add(count);

    /// <summary>Clicks of answered visitors that found no place in the spool, since the start.</summary>
    public long ClicksNotKept => Interlocked.Read(ref _notKept);

    /// <param name="reason"><c>quota</c>: the spool is full; <c>disk</c>: no file could be made; <c>closed</c>: after the end of the service.</param>
    public void ClickNotKept(string reason)
    {
        Interlocked.Increment(ref _notKept);
        ClickDropped(reason);
    }

    /// <param name="reason">As for <see cref="ClickNotKept"/>; or <c>damaged</c>: an adopted file's place where clicks were; <c>unreadable</c>: not by this version.</param>
    public void ClickDropped(string reason, int count = 1) => _dropped.Add(count, new KeyValuePair<string, object?>("reason", reason));

    /// <param name="used">Bytes of disk that waiting clicks take.</param>
    /// <param name="limit">The quota.</param>
    public void ObserveSpool(Func<long> used, Func<long> limit)
    {
        _meter.CreateObservableGauge("linkshort.redirect.spool.size", used, "By", "Disk space that waiting clicks take.");
        _meter.CreateObservableGauge("linkshort.redirect.spool.limit", limit, "By", "Disk space that waiting clicks may take; beyond it they are dropped.");
    }

    /// <param name="lag">Seconds since the oldest waiting click.</param>
    public void ObservePublisher(Func<double> lag) =>
        _meter.CreateObservableGauge("linkshort.redirect.spool.lag", lag, "s", "Age of the oldest click that waits to be published.");

    /// <param name="codes">Codes in the filter over all codes; 0 while it is not to be trusted.</param>
    public void ObserveFilter(Func<long> codes) =>
        _meter.CreateObservableGauge("linkshort.redirect.filter.codes", codes, "{code}", "Codes in the filter over all codes; 0 while it can't be trusted.");

    private static string[] Names<T>() where T : struct, Enum =>
        [.. Enum.GetValues<T>().Select(value => value.ToString().ToLowerInvariant())];

    /// <summary>Counters that cores don't take from each other's caches: each core counts in a line of its own.</summary>
    private sealed class PerCoreCounters(int kinds)
    {
        // Two cache lines of 64 bytes: the processor fetches lines in pairs.
        private const int Padding = 128 / sizeof(long);
        private readonly int _stride = (kinds + Padding - 1) / Padding * Padding;
        private readonly long[] _counts = new long[((kinds + Padding - 1) / Padding * Padding * Environment.ProcessorCount) + Padding];

        public void Increment(int kind) =>
            Interlocked.Increment(ref _counts[Padding + (Thread.GetCurrentProcessorId() % Environment.ProcessorCount * _stride) + kind]);

        public long Sum(int kind)
        {
            var sum = 0L;
            for (var at = Padding + kind; at < _counts.Length; at += _stride)
            {
                sum += Volatile.Read(ref _counts[at]);
            }

            return sum;
        }

        public IEnumerable<Measurement<long>> Measure(string tag, string[] names)
        {
            for (var kind = 0; kind < names.Length; kind++)
            {
                yield return new Measurement<long>(Sum(kind), new KeyValuePair<string, object?>(tag, names[kind]));
            }
        }
    }
}
