using System.Data.Common;
using System.Net.Sockets;
using Polly;
using StackExchange.Redis;

namespace LinkShort.ServiceDefaults;

/// <summary>
/// The one place that distinguishes an outage from a bug. Callers of an API get 503 for an outage (see <c>ProblemExtensions</c>), messages
/// wait in their queues (<c>MessagingExtensions</c>), jobs run again (<see cref="BackgroundJob"/>).
/// </summary>
public static class Outages
{
    /// <summary>A dependency is away, or can't do its work for now: PostgreSQL, Redis, RabbitMQ, another service. The same attempt may succeed later.</summary>
    public static bool IsOutage(Exception? exception) => exception switch
    {
        null => false,
        DependencyUnavailableException => true,
        AggregateException several => several.InnerExceptions.Any(IsOutage),
        // What the caller cancelled is no outage, whatever the connection's last words were. HttpClient's own time-out is one.
        OperationCanceledException => exception.InnerException is TimeoutException,
        DbException { SqlState: { } state } => IsOutage(state),
        // Two statements at once on one connection: a bug, though the driver gives it no state.
        DbException when exception.GetType().Name == "NpgsqlOperationInProgressException" => false,
        DbException => true,
        RedisServerException refused => IsOutage(refused.Kind),
        RedisConnectionException => true,
        HttpRequestException or HttpIOException or SocketException or TimeoutException or ExecutionRejectedException => true,
        _ when IsOfBroker(exception) => true,
        _ => IsOutage(exception.InnerException),
    };

    /// <summary>
    /// As <see cref="IsOutage(Exception?)"/>, and also true for a cancellation that did not come from <paramref name="caller"/>: then the attempt's own deadline ran out.
    /// </summary>
    public static bool IsOutageOrDeadline(Exception exception, CancellationToken caller) =>
        IsOutage(exception) || (exception is OperationCanceledException && !caller.IsCancellationRequested);

    /// <summary>Another transaction was in the way: a deadlock, a serialization failure, a lock that was not free in time.</summary>
    public static bool IsContention(Exception exception) => exception is DbException { SqlState: "40001" or "40P01" or "55P03" };

    /// <summary>https://www.postgresql.org/docs/current/errcodes-appendix.html</summary>
    private static bool IsOutage(string state) =>
        // The connection broke.
        state.StartsWith("08", StringComparison.Ordinal)
        // Disk full, out of memory, too many connections.
        || state.StartsWith("53", StringComparison.Ordinal)
        // An I/O error.
        || state.StartsWith("58", StringComparison.Ordinal)
        // Read-only: a standby, or a disk that is nearly full; the user or the password is refused; the database is missing;
        // shut down, crashed, starting up.
        || state is "25006" or "28000" or "28P01" or "3D000" or "57P01" or "57P02" or "57P03";

    /// <summary>Other errors (a wrong type, a missing script) come from what we sent.</summary>
    private static bool IsOutage(RedisErrorKind kind) => kind is
        RedisErrorKind.ConnectionFault or RedisErrorKind.Timeout or RedisErrorKind.Loading or RedisErrorKind.Busy or RedisErrorKind.MaxClients
        or RedisErrorKind.ClusterDown or RedisErrorKind.MasterDown or RedisErrorKind.NoReplicas or RedisErrorKind.TryAgain
        or RedisErrorKind.ReadOnly or RedisErrorKind.Misconfigured or RedisErrorKind.OutOfMemory
        or RedisErrorKind.NoAuth or RedisErrorKind.WrongPass or RedisErrorKind.NoPermission;

    /// <summary>By name: services without a bus come without its packages, as they come without PostgreSQL's driver.</summary>
    private static bool IsOfBroker(Exception exception) => exception.GetType() is var type && type.Namespace switch
    {
        "RabbitMQ.Client.Exceptions" => true,
        // Returned: no queue takes the message so far.
        "MassTransit" => type.Name is "ConnectionException" or "RabbitMqConnectionException" or "TransportUnavailableException" or "MessageNotAcknowledgedException" or "MessageReturnedException",
        _ => false,
    };
}

/// <summary>Something that this request needs is away for now; answered as 503.</summary>
public sealed class DependencyUnavailableException(string dependency, Exception? inner = null)
    : Exception($"{dependency} is not available.", inner);
