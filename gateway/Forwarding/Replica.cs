namespace LinkShort.Gateway.Forwarding;

/// <summary>One process of a service: its load, and whether it was reachable lately.</summary>
internal sealed class Replica
{
    /// <summary>How long an unreachable replica is used only as a last resort. A restart takes about this long.</summary>
    private static readonly TimeSpan Avoided = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private int _inFlight;
    private long _failedAt;

    public Replica(Uri address, Upstream upstream, HttpMessageHandler connections, TimeProvider time, ForwardingTelemetry telemetry)
    {
        Address = address;
        Prefix = address.GetLeftPart(UriPartial.Path).TrimEnd('/');
        _time = time;
        Invoker = new HttpMessageInvoker(new ReplicaHandler(this, upstream, connections, telemetry), disposeHandler: false);
    }

    public Uri Address { get; }

    /// <summary>Scheme, host, port and path base, without a trailing slash.</summary>
    public string Prefix { get; }

    /// <summary>Sends to this replica and, where that is safe, retries on another: see <see cref="ReplicaHandler"/>.</summary>
    public HttpMessageInvoker Invoker { get; }

    /// <summary>Requests that are waiting for their response headers.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    public bool IsAvoided => Volatile.Read(ref _failedAt) is var failedAt and not 0 && _time.GetElapsedTime(failedAt) < Avoided;

    public void Begin() => Interlocked.Increment(ref _inFlight);

    public void End() => Interlocked.Decrement(ref _inFlight);

    public void Reached()
    {
        if (Volatile.Read(ref _failedAt) != 0)
        {
            Volatile.Write(ref _failedAt, 0);
        }
    }

    public void Failed() => Volatile.Write(ref _failedAt, _time.GetTimestamp());
}
