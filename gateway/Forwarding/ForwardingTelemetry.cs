using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace LinkShort.Gateway.Forwarding;

/// <summary>Counts and logs forwarded requests that fail or are retried.</summary>
internal sealed partial class ForwardingTelemetry(IMeterFactory meters, TimeProvider time, ILogger<ForwardingTelemetry> logger)
{
    private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Uri, long> _loggedAt = new();
    private readonly Counter<long> _unreachable = meters.Create("LinkShort.Gateway").CreateCounter<long>(
        "linkshort.gateway.unreachable", "{try}", "Requests that a replica did not take or did not answer.");
    private readonly Counter<long> _failed = meters.Create("LinkShort.Gateway").CreateCounter<long>(
        "linkshort.gateway.failed", "{request}", "Requests that no replica answered.");

    public void Unreachable(string service, Uri replica, Exception exception)
    {
        _unreachable.Add(1, new KeyValuePair<string, object?>("service", service));
        // A dead replica under load would otherwise log a line per request.
        if (!_loggedAt.TryGetValue(replica, out var at) || time.GetElapsedTime(at) > LogEvery)
        {
            _loggedAt[replica] = time.GetTimestamp();
            Log.Unreachable(logger, replica, service, exception.Message);
        }
    }

    public void Failed(string service, int status) => _failed.Add(
        1, new KeyValuePair<string, object?>("service", service), new KeyValuePair<string, object?>("http.response.status_code", status));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Replica} of {Service} is unreachable: {Reason}")]
        public static partial void Unreachable(ILogger logger, Uri replica, string service, string reason);
    }
}
