using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Numerics;

namespace LinkShort.Analytics.Tests;

/// <summary>Listens to one instrument of one service under test.</summary>
public sealed class Measurements<T> : IDisposable where T : struct, INumber<T>
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(T Value, KeyValuePair<string, object?>[] Tags)> _values = new();

    public Measurements(IMeterFactory factory, string instrument)
    {
        _listener.InstrumentPublished = (published, listener) =>
        {
            // Several services run in this process; each has a factory of its own.
            if (published.Name == instrument && ReferenceEquals(published.Meter.Scope, factory))
            {
                listener.EnableMeasurementEvents(published);
            }
        };
        _listener.SetMeasurementEventCallback<T>((_, value, tags, _) => _values.Enqueue((value, tags.ToArray())));
        _listener.Start();
    }

    public T Sum(params (string Key, string Value)[] tags) => _values
        .Where(measured => tags.All(tag => measured.Tags.Contains(new(tag.Key, tag.Value))))
        .Aggregate(T.Zero, (sum, measured) => sum + measured.Value);

    public void Dispose() => _listener.Dispose();
}
