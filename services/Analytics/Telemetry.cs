using System.Diagnostics;
using System.Diagnostics.Metrics;
using LinkShort.Analytics.RecordClicks;
using LinkShort.Visitors;

namespace LinkShort.Analytics;

public sealed class AnalyticsMetrics
{
    public const string MeterName = "LinkShort.Analytics";

    internal static readonly ActivitySource Tracing = new(MeterName);

    private readonly TimeProvider _time;
    private readonly Counter<long> _clicks;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _corrected;
    private readonly Histogram<int> _group;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _lag;
    private readonly Histogram<int> _rolled;
    private readonly Histogram<double> _rollDuration;
    private readonly Histogram<double> _rollLag;
    private readonly Counter<long> _parked;
    private readonly Counter<long> _rebuilds;
    private readonly Counter<long> _rebuiltClicks;
    private readonly Histogram<double> _rebuildDuration;

    public AnalyticsMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create(MeterName);
        _clicks = meter.CreateCounter<long>("linkshort.analytics.clicks.stored", "{click}", "Clicks committed, by class.");
        _duplicates = meter.CreateCounter<long>("linkshort.analytics.batches.duplicate", "{batch}", "Batches that had been stored before.");
        _corrected = meter.CreateCounter<long>("linkshort.analytics.clicks.time_corrected", "{click}", "Clicks with an impossible time, counted at their arrival.");
        _group = meter.CreateHistogram<int>("linkshort.analytics.transaction.clicks", "{click}", "Clicks stored by one transaction.");
        _duration = meter.CreateHistogram<double>("linkshort.analytics.transaction.duration", "s", "From the received batches to their commit.");
        _lag = meter.CreateHistogram<double>("linkshort.analytics.lag", "s", "From the oldest click of a transaction to its commit.");
        _rolled = meter.CreateHistogram<int>("linkshort.analytics.rollup.clicks", "{click}", "Clicks that one transaction added to totals and rollups.");
        _rollDuration = meter.CreateHistogram<double>("linkshort.analytics.rollup.duration", "s", "From the selected batches to the commit of their rollups.");
        _rollLag = meter.CreateHistogram<double>("linkshort.analytics.rollup.lag", "s", "From the raw clicks' arrival to the commit of their rollups: how far dashboards are behind.");
        _parked = meter.CreateCounter<long>("linkshort.analytics.batches.parked", "{batch}", "Batches that were parked because they can't be added to totals and rollups.");
        _rebuilds = meter.CreateCounter<long>("linkshort.analytics.rebuild.requests", "{request}", "Operators' requests to rebuild totals and rollups, by outcome.");
        _rebuiltClicks = meter.CreateCounter<long>("linkshort.analytics.rebuild.clicks", "{click}", "Raw clicks that rebuilds of rollups counted again.");
        _rebuildDuration = meter.CreateHistogram<double>("linkshort.analytics.rebuild.duration", "s", "Time to rebuild the rollups of one day, until the commit.");
    }

    public void RebuildRequested(bool isStarted) =>
        _rebuilds.Add(1, new KeyValuePair<string, object?>("outcome", isStarted ? "started" : "already_running"));

    public void RebuiltDay(long clicks, TimeSpan duration)
    {
        _rebuiltClicks.Add(clicks);
        _rebuildDuration.Record(duration.TotalSeconds);
    }

    public void Stored(StoredClicks clicks, int duplicateBatches, TimeSpan duration)
    {
        if (duplicateBatches > 0)
        {
            _duplicates.Add(duplicateBatches);
        }

        if (clicks.Count == 0)
        {
            return;
        }

        foreach (var (@class, count) in clicks.Classes)
        {
            _clicks.Add(count, new KeyValuePair<string, object?>("class", @class.Name()));
        }

        if (clicks.TimesCorrected > 0)
        {
            _corrected.Add(clicks.TimesCorrected);
        }

        _group.Record(clicks.Count);
        _duration.Record(duration.TotalSeconds);
        _lag.Record(Since(clicks.Oldest));
    }

    /// <param name="oldest">When the oldest of the batches was stored.</param>
    public void Rolled(int clicks, DateTime oldest, TimeSpan duration)
    {
        _rolled.Record(clicks);
        _rollDuration.Record(duration.TotalSeconds);
        _rollLag.Record(Since(oldest));
    }

    public void Parked() => _parked.Add(1);

    private double Since(DateTime time) => Math.Max(0, (_time.GetUtcNow().UtcDateTime - time).TotalSeconds);
}
