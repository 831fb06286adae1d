using System.Diagnostics.Metrics;
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
}

/// <summary>The service's counters; metric names and units as an operator sees them.</summary>
public sealed class RedirectTelemetry
{
    public const string MeterName = "LinkShort.Redirect";

    private static readonly KeyValuePair<string, object?>[] Outcomes = Tags<Outcome>("outcome");
    private static readonly KeyValuePair<string, object?>[] Tiers = Tags<Tier>("tier");
    private readonly Meter _meter;
    private readonly Counter<long> _answers;
    private readonly Counter<long> _lookups;
    private readonly Counter<long> _published;
    private readonly Counter<long> _dropped;

    public RedirectTelemetry(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        _meter = meters.Create(MeterName);
        _answers = _meter.CreateCounter<long>("linkshort.redirect.answers", "{answer}", "Answered visitors, by outcome.");
        _lookups = _meter.CreateCounter<long>("linkshort.redirect.lookups", "{lookup}", "Look-ups of short addresses, by the tier that knew.");
        _published = _meter.CreateCounter<long>("linkshort.redirect.clicks.published", "{click}", "Clicks that the broker confirmed.");
        _dropped = _meter.CreateCounter<long>("linkshort.redirect.clicks.dropped", "{click}", "Clicks that could not be kept, by reason.");
    }

    public void Answered(Outcome outcome) => _answers.Add(1, Outcomes[(int)outcome]);

    public void FoundIn(Tier tier) => _lookups.Add(1, Tiers[(int)tier]);

    public void ClicksPublished(int count) => _published.Add(count);

    /// <param name="reason"><c>quota</c>: the spool is full; <c>disk</c>: no file could be made; <c>closed</c>: after the end of the service.</param>
    public void ClickDropped(string reason) => _dropped.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <param name="size">Bytes of disk that waiting clicks take.</param>
    /// <param name="lag">Seconds since the oldest waiting click.</param>
    public void Observe(Func<long> size, Func<double> lag)
    {
        _meter.CreateObservableGauge("linkshort.redirect.spool.size", size, "By", "Disk space that waiting clicks take.");
        _meter.CreateObservableGauge("linkshort.redirect.spool.lag", lag, "s", "Age of the oldest click that waits to be published.");
    }

    private static KeyValuePair<string, object?>[] Tags<T>(string name) where T : struct, Enum =>
        [.. Enum.GetValues<T>().Select(value => new KeyValuePair<string, object?>(name, value.ToString().ToLowerInvariant()))];
}
