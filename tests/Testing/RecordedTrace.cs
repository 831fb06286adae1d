using System.Collections.Concurrent;
using System.Diagnostics;

namespace LinkShort.Testing;

/// <summary>
/// Records the spans of one trace and of those that link to it, like a collector, and no others of the process, so that tests can run in parallel.
/// Activities that the test starts from now on belong to the trace.
/// </summary>
public sealed class RecordedTrace : IDisposable
{
    /// <summary>The sources that the services export. RabbitMQ.Client's are left out: MassTransit has spans for the same messages.</summary>
    private static readonly string[] Sources = ["Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "MassTransit", "Yarp.ReverseProxy"];

    private readonly ConcurrentDictionary<ActivityTraceId, bool> _traces = new();
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;

    /// <param name="state">W3C <c>tracestate</c>, like that of a vendor's agent.</param>
    public RecordedTrace(string? state = null)
    {
        Activity.Current = null;
        Root = new Activity("test").SetIdFormat(ActivityIdFormat.W3C);
        Root.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        Root.TraceStateString = state;
        Root.Start();
        _traces[Root.TraceId] = true;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => Sources.Contains(source.Name) || source.Name.StartsWith("LinkShort.", StringComparison.Ordinal),
            Sample = Sample,
            ActivityStopped = span =>
            {
                if (_traces.ContainsKey(span.TraceId))
                {
                    _spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public Activity Root { get; }

    /// <summary>The <c>traceparent</c> of a request that belongs to the trace.</summary>
    public string TraceParent => Root.Id!;

    /// <summary>The completed spans.</summary>
    public IReadOnlyCollection<Activity> Spans => _spans;

    /// <summary>Waits until a span of this name is complete.</summary>
    public async Task<Activity> SpanAsync(string name, TimeSpan? within = null) => (await Eventually.BecomesAsync(
        () => Task.FromResult(_spans.FirstOrDefault(span => span.DisplayName == name)), span => span is not null, within))!;

    /// <summary>Waits until all spans between the two are complete.</summary>
    public Task DescendsAsync(Activity span, Activity ancestor)
    {
        ArgumentNullException.ThrowIfNull(span);
        ArgumentNullException.ThrowIfNull(ancestor);
        return Eventually.BecomesAsync(() => Task.FromResult(Descends(span, ancestor)), descends => descends);
    }

    public void Dispose()
    {
        _listener.Dispose();
        Root.Stop();
    }

    private bool Descends(Activity span, Activity ancestor)
    {
        for (var current = span; current is not null; current = _spans.FirstOrDefault(each => each.SpanId == current.ParentSpanId))
        {
            if (current.ParentSpanId == ancestor.SpanId && current.TraceId == ancestor.TraceId)
            {
                return true;
            }
        }

        return false;
    }

    private ActivitySamplingResult Sample(ref ActivityCreationOptions<ActivityContext> options)
    {
        var isOurs = _traces.ContainsKey(options.TraceId);
        foreach (var link in options.Links ?? [])
        {
            isOurs |= _traces.ContainsKey(link.Context.TraceId);
        }

        if (isOurs)
        {
            _traces[options.TraceId] = true;
        }

        return isOurs ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None;
    }
}
