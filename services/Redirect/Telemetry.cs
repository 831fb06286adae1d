using System.Diagnostics.Metrics;
using LinkShort.Redirect.ReadModel;
using LinkShort.Redirect.Routing;

namespace LinkShort.Redirect;

/// <summary>The tier that answered a lookup.</summary>
public enum Tier
{
    Memory,
    Redis,
    Store,
    Links,

    /// <summary>An expired entry in memory, because all other tiers were away.</summary>
    Stale,

    /// <summary>No tier knew the code.</summary>
    None,

    /// <summary>The filter over all codes excludes the code, and the budget for looking it up nevertheless was used up.</summary>
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
        _meter = meters.Create(MeterName);
        // Observable: a counter with tags would cost each visitor a lookup in every listener.
        _meter.CreateObservableCounter(
            "linkshort.redirect.answers", () => _answers.Measure("outcome", Outcomes), "{answer}", "Answered visitors, by outcome.");
        _meter.CreateObservableCounter(
            "linkshort.redirect.lookups", () => _lookups.Measure("tier", Tiers), "{lookup}", "Lookups of short URLs, by the tier that answered.");
        _published = _meter.CreateCounter<long>("linkshort.redirect.clicks.published", "{click}", "Clicks that the broker confirmed.");
        _dropped = _meter.CreateCounter<long>("linkshort.redirect.clicks.dropped", "{click}", "Clicks that could not be kept, by reason.");
        _rebuilds = _meter.CreateCounter<long>("linkshort.redirect.rebuild.requests", "{request}", "Operators' requests to rebuild the read model, by outcome.");
        _endedRebuilds = _meter.CreateCounter<long>("linkshort.redirect.rebuilds", "{rebuild}", "Completed or refused rebuilds of the read model, by outcome.");
        _rebuiltRoutes = _meter.CreateCounter<long>("linkshort.redirect.rebuild.routes", "{route}", "Routes that builds of the read model changed, by change.");
        _reconciliations = _meter.CreateCounter<long>("linkshort.redirect.reconciliations", "{comparison}", "Comparisons of the read model with links, by outcome.");
        _reconciledRoutes = _meter.CreateCounter<long>("linkshort.redirect.reconciled.routes", "{route}", "Routes that differed from links and were repaired, by change.");
    }

    /// <param name="isRefused">Too many links were missing in links, so no route was removed.</param>
    public void Reconciled(int written, int removed, bool isRefused)
    {
        _reconciliations.Add(1, new KeyValuePair<string, object?>("outcome", isRefused ? "refused" : written + removed > 0 ? "mended" : "equal"));
        _reconciledRoutes.Add(written, new KeyValuePair<string, object?>("change", "written"));
        _reconciledRoutes.Add(removed, new KeyValuePair<string, object?>("change", "removed"));
    }

    public void RebuildRequested(bool isStarted) =>
        _rebuilds.Add(1, new KeyValuePair<string, object?>("outcome", isStarted ? "started" : "already_running"));

    /// <param name="isRefused">Too many links were missing, so no route was removed.</param>
    public void RebuildEnded(bool isRefused) =>
        _endedRebuilds.Add(1, new KeyValuePair<string, object?>("outcome", isRefused ? "refused" : "completed"));

    public void PageApplied(PageChanges changes)
    {
        _rebuiltRoutes.Add(changes.Written, new KeyValuePair<string, object?>("change", "written"));
        _rebuiltRoutes.Add(changes.Removed, new KeyValuePair<string, object?>("change", "removed"));
    }

    public void Answered(Outcome outcome) => _answers.Increment((int)outcome);

    public void FoundIn(Tier tier) => _lookups.Increment((int)tier);

    /// <summary>Since the start of the process.</summary>
    public long Count(Tier tier) => _lookups.Sum((int)tier);

    public void ClicksPublished(int count) => _published.Add(count);

    /// <summary>Clicks of answered visitors that could not be spooled, since the start.</summary>
    public long ClicksNotKept => Interlocked.Read(ref _notKept);

    /// <param name="reason"><c>quota</c>: the spool is full; <c>disk</c>: no file could be created; <c>closed</c>: the service has stopped.</param>
    public void ClickNotKept(string reason)
    {
        Interlocked.Increment(ref _notKept);
        ClickDropped(reason);
    }

    /// <param name="reason">As for <see cref="ClickNotKept"/>, or <c>damaged</c>: a region of an adopted file; <c>unreadable</c>: written by
    /// a newer version.</param>
    public void ClickDropped(string reason, int count = 1) => _dropped.Add(count, new KeyValuePair<string, object?>("reason", reason));

    /// <param name="used">Bytes on disk of waiting clicks.</param>
    /// <param name="limit">The quota.</param>
    public void ObserveSpool(Func<long> used, Func<long> limit)
    {
        _meter.CreateObservableGauge("linkshort.redirect.spool.size", used, "By", "Disk space that waiting clicks take.");
        _meter.CreateObservableGauge("linkshort.redirect.spool.limit", limit, "By", "Disk space that waiting clicks may take; beyond it they are dropped.");
    }

    /// <param name="lag">Age of the oldest waiting click in seconds.</param>
    public void ObservePublisher(Func<double> lag) =>
        _meter.CreateObservableGauge("linkshort.redirect.spool.lag", lag, "s", "Age of the oldest click that waits to be published.");

    /// <param name="codes">Codes in the filter over all codes; 0 while it isn't trusted.</param>
    public void ObserveFilter(Func<long> codes) =>
        _meter.CreateObservableGauge("linkshort.redirect.filter.codes", codes, "{code}", "Codes in the filter over all codes; 0 while it isn't trusted.");

    private static string[] Names<T>() where T : struct, Enum =>
        [.. Enum.GetValues<T>().Select(value => value.ToString().ToLowerInvariant())];

    /// <summary>Counters without false sharing: each core counts in cache lines of its own.</summary>
    private sealed class PerCoreCounters(int length)
    {
        // Two cache lines of 64 bytes: the processor fetches lines in pairs.
        private const int Padding = 128 / sizeof(long);
        private readonly int _stride = (length + Padding - 1) / Padding * Padding;
        private readonly long[] _counts = new long[((length + Padding - 1) / Padding * Padding * Environment.ProcessorCount) + Padding];

        public void Increment(int index) =>
            Interlocked.Increment(ref _counts[Padding + (Thread.GetCurrentProcessorId() % Environment.ProcessorCount * _stride) + index]);

        public long Sum(int index)
        {
            var sum = 0L;
            for (var at = Padding + index; at < _counts.Length; at += _stride)
            {
                sum += Volatile.Read(ref _counts[at]);
            }

            return sum;
        }

        public IEnumerable<Measurement<long>> Measure(string tag, string[] names)
        {
            for (var index = 0; index < names.Length; index++)
            {
                yield return new Measurement<long>(Sum(index), new KeyValuePair<string, object?>(tag, names[index]));
            }
        }
    }
}
