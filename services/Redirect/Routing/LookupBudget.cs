using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Routing;

/// <summary>
/// Limits lookups of codes that the filter excludes: a link created milliseconds ago must be found, but a scan of random codes must not
/// reach the stores. A rate per second with a burst size (the virtual scheduling form of the leaky bucket, ITU-T I.371 annex A).
/// </summary>
public sealed class LookupBudget
{
    private readonly TimeProvider _time;
    private readonly long _interval;
    private readonly long _allowance;

    // When the bucket would be empty if everything taken had come at the steady rate.
    private long _due;

    public LookupBudget(IOptions<RedirectOptions> options, TimeProvider time)
    {
        _time = time;
        _interval = time.TimestampFrequency / options.Value.UnknownLookupsPerSecond;
        _allowance = _interval * (options.Value.UnknownLookupsBurst - 1);
        _due = time.GetTimestamp();
    }

    public bool IsExhausted => Volatile.Read(ref _due) - _time.GetTimestamp() > _allowance;

    public bool TryTake()
    {
        while (true)
        {
            var now = _time.GetTimestamp();
            var seen = Volatile.Read(ref _due);
            if (seen - now > _allowance)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _due, Math.Max(seen, now) + _interval, seen) == seen)
            {
                return true;
            }
        }
    }
}
