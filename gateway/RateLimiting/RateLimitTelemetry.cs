using System.Diagnostics.Metrics;

namespace LinkShort.Gateway.RateLimiting;

internal sealed class RateLimitTelemetry(IMeterFactory meters)
{
    private readonly Counter<long> _refused = meters.Create("LinkShort.Gateway").CreateCounter<long>(
        "linkshort.gateway.rate_limited", "{request}", "Requests refused with 429.");
    private readonly Counter<long> _local = meters.Create("LinkShort.Gateway").CreateCounter<long>(
        "linkshort.gateway.local_limits", "{request}", "Requests counted by this gateway alone, because Redis is unavailable.");

    public void Refused(Limit limit) => _refused.Add(1, new KeyValuePair<string, object?>("policy", limit.Name));

    public void CountedLocally(Limit limit) => _local.Add(1, new KeyValuePair<string, object?>("policy", limit.Name));
}
