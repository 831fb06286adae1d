using System.Diagnostics.Metrics;
using LinkShort.Analytics.Enrichment;
using LinkShort.Visitors;

namespace LinkShort.Analytics;

public sealed class AnalyticsMetrics
{
    public const string MeterName = "LinkShort.Analytics";

    private readonly TimeProvider _time;
    private readonly Counter<long> _clicks;
    private readonly Counter<long> _duplicates;
    private readonly Counter<long> _corrected;
    private readonly Histogram<int> _group;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _lag;

    public AnalyticsMetrics(IMeterFactory meters, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(meters);
        _time = time;
        var meter = meters.Create(MeterName);
        _clicks = meter.CreateCounter<long>("linkshort.analytics.clicks.stored", "{click}", "Clicks committed, by class.");
        _duplicates = meter.CreateCounter<long>("linkshort.analytics.batches.duplicate", "{batch}", "Batches that had been stored before.");
        _corrected = meter.CreateCounter<long>("linkshort.analytics.clicks.time_corrected", "{click}", "Clicks with an impossible time, counted at their arrival.");
        _group = meter.CreateHistogram<int>("linkshort.analytics.transaction.clicks", "{click}", "Clicks stored by one transaction.");
        _duration = meter.CreateHistogram<double>("linkshort.analytics.transaction.duration", "s", "From the batches in hand to their commit.");
        _lag = meter.CreateHistogram<double>("linkshort.analytics.lag", "s", "From the oldest click of a transaction to its commit.");
    }

    public void Stored(IReadOnlyCollection<EnrichedClick> clicks, int duplicateBatches, TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(clicks);
        if (duplicateBatches > 0)
        {
            _duplicates.Add(duplicateBatches);
        }

        if (clicks.Count == 0)
        {
            return;
        }

        foreach (var group in clicks.CountBy(click => click.Class))
        {
            _clicks.Add(group.Value, new KeyValuePair<string, object?>("class", group.Key.Name()));
        }

        _group.Record(clicks.Count);
        _duration.Record(duration.TotalSeconds);
        _lag.Record(Math.Max(0, (_time.GetUtcNow().UtcDateTime - clicks.Min(click => click.At)).TotalSeconds));
    }

    public void TimeCorrected() => _corrected.Add(1);
}
