using System.Data.Common;
using System.Net.Sockets;

namespace LinkShort.ServiceDefaults;

/// <summary>What tells an outage from a bug.</summary>
public static class Outages
{
    /// <summary>A dependency is away: PostgreSQL, Redis, RabbitMQ, another service. Trying again later is the right thing.</summary>
    public static bool IsOutage(Exception exception) => exception switch
    {
        DependencyUnavailableException => true,
        // The server's own errors have a state. 53xxx: out of resources; 57P0x: shutting down, crashed, starting up.
        DbException { SqlState: { } state } => state.StartsWith("53", StringComparison.Ordinal) || state.StartsWith("57P0", StringComparison.Ordinal),
        DbException or HttpRequestException or SocketException or TimeoutException => true,
        StackExchange.Redis.RedisConnectionException => true,
        { InnerException: { } inner } => IsOutage(inner),
        _ => false,
    };
}

/// <summary>Something that this request needs is away for now; answered as 503.</summary>
public sealed class DependencyUnavailableException(string dependency, Exception? inner = null)
    : Exception($"{dependency} is not available.", inner);
