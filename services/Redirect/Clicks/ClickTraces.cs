using System.Diagnostics;
using LinkShort.ServiceDefaults.Telemetry;

namespace LinkShort.Redirect.Clicks;

/// <summary>
/// Connects the traces of visits with those of click batches: a batch has its own trace, with links to some of the visits in it. Without
/// a trace listener a click costs one comparison; with one, a traced visit takes a slot in a ring of fixed size. Neither allocates.
/// </summary>
public sealed class ClickTraces
{
    // W3C Trace Context level 1: version, trace id, span id, flags.
    private const int TraceParentLength = 55;
    private const string Recorded = "-01";
    private static readonly ActivitySource Tracing = new(RedirectTelemetry.MeterName);

    private readonly Lock _lock = new();
    private readonly (long Ticks, string TraceParent)[] _visits = new (long, string)[JoinedTraces.MaxLinks];
    private int _next;
    private volatile bool _hasVisits;

    /// <summary>Remembers the trace of the request, if it is recorded. The newest visits replace the oldest.</summary>
    /// <param name="at">Time of the click, by which its batch finds the trace.</param>
    public void Visited(IHeaderDictionary headers, DateTimeOffset at)
    {
        if (!Tracing.HasListeners()
            || headers.TraceParent is not [{ Length: TraceParentLength } parent]
            || !parent.EndsWith(Recorded, StringComparison.Ordinal))
        {
            return;
        }

        lock (_lock)
        {
            _visits[_next] = (at.UtcTicks, parent);
            _next = (_next + 1) % _visits.Length;
            _hasVisits = true;
        }
    }

    /// <summary>Moves the traces of visits at this time to <paramref name="causes"/>, which is created for the first one.</summary>
    public void Take(DateTimeOffset at, ref List<string>? causes)
    {
        if (!_hasVisits)
        {
            return;
        }

        lock (_lock)
        {
            var left = false;
            for (var i = 0; i < _visits.Length; i++)
            {
                if (_visits[i].TraceParent is { } parent && _visits[i].Ticks == at.UtcTicks)
                {
                    (causes ??= []).Add(parent);
                    _visits[i] = default;
                }

                left |= _visits[i].TraceParent is not null;
            }

            _hasVisits = left;
        }
    }

    /// <summary>Starts the batch's trace; messages published within it continue it.</summary>
    /// <param name="causes">See <see cref="Take"/>.</param>
    public static Activity? StartBatch(int clicks, IEnumerable<string>? causes)
    {
        var activity = Tracing.StartLinked("publish clicks", ActivityKind.Producer, causes ?? []);
        activity?.SetTag("linkshort.clicks", clicks);
        return activity;
    }
}
