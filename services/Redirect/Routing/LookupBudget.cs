using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Routing;

/// <summary>
/// Limits lookups of codes that no link had a moment ago: a link created milliseconds ago must be found, but a scan of random codes must not
/// reach the stores. Codes that were looked up before have a budget of their own, because a scan doesn't repeat any (ADR 52).
/// </summary>
public sealed class LookupBudget(IOptions<RedirectOptions> options, TimeProvider time)
{
    /// <summary>For codes that the filter excludes.</summary>
    public Bucket Excluded { get; } = new(options.Value, time);

    /// <summary>For codes that memory knows as unknown.</summary>
    public Bucket Remembered { get; } = new(options.Value, time);

    /// <summary>A rate per second with a burst size (the virtual scheduling form of the leaky bucket, ITU-T I.371 annex A).</summary>
    public sealed class Bucket
    {
        private readonly TimeProvider _time;
        private readonly long _interval;
        private readonly long _allowance;

        // When the bucket would be empty if everything taken had come at the steady rate.
        private long _due;

        internal Bucket(RedirectOptions options, TimeProvider time)
        {
            _time = time;
            _interval = time.TimestampFrequency / options.UnknownLookupsPerSecond;
            _allowance = _interval * (options.UnknownLookupsBurst - 1);
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
}
