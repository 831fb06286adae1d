using System.Data.Common;
using System.Net.Sockets;
using Polly;
using StackExchange.Redis;

namespace LinkShort.ServiceDefaults;

/// <summary>
/// Distinguishes an outage from a bug, in one place. For an outage, callers of an API get 503 (<c>ProblemExtensions</c>), messages wait in their
/// queues (<c>MessagingExtensions</c>), and jobs are retried (<see cref="BackgroundJob"/>).
/// </summary>
public static class Outages
{
    /// <summary>A dependency (PostgreSQL, Redis, RabbitMQ, another service) is unavailable for now. The same attempt may succeed later.</summary>
    public static bool IsOutage(Exception? exception) => exception switch
    {
        null => false,
        DependencyUnavailableException => true,
        AggregateException several => several.InnerExceptions.Any(IsOutage),
        // A cancellation by the caller is no outage, even if the connection reports an error because of it. HttpClient's own time-out is one.
        OperationCanceledException => exception.InnerException is TimeoutException,
        DbException { SqlState: { } state } => IsOutage(state),
        // Two concurrent statements on one connection: a bug, although the driver gives it no state.
        DbException when exception.GetType().Name == "NpgsqlOperationInProgressException" => false,
        DbException => true,
        RedisServerException refused => IsOutage(refused.Kind),
        RedisConnectionException => true,
        HttpRequestException or HttpIOException or SocketException or TimeoutException or ExecutionRejectedException => true,
        _ when IsOfBroker(exception) => true,
        _ => IsOutage(exception.InnerException),
    };

    /// <summary>
    /// Like <see cref="IsOutage(Exception?)"/>, and also true for a cancellation that did not come from <paramref name="caller"/>: the attempt's own
    /// deadline expired.
    /// </summary>
    public static bool IsOutageOrDeadline(Exception exception, CancellationToken caller) =>
        IsOutage(exception) || (exception is OperationCanceledException && !caller.IsCancellationRequested);

    /// <summary>A conflict with another transaction: a deadlock, a serialization failure or a lock timeout.</summary>
    public static bool IsContention(Exception exception) => exception is DbException { SqlState: "40001" or "40P01" or "55P03" };

    /// <summary>https://www.postgresql.org/docs/current/errcodes-appendix.html</summary>
    private static bool IsOutage(string state) =>
        // The connection broke.
        state.StartsWith("08", StringComparison.Ordinal)
        // Disk full, out of memory, too many connections.
        || state.StartsWith("53", StringComparison.Ordinal)
        // An I/O error.
        || state.StartsWith("58", StringComparison.Ordinal)
        // Read-only (a standby, or a disk that is nearly full); user or password refused; database missing; shut down, crashed, starting up.
        || state is "25006" or "28000" or "28P01" or "3D000" or "57P01" or "57P02" or "57P03";

    /// <summary>Other errors (a wrong type, a missing script) are caused by our commands.</summary>
    private static bool IsOutage(RedisErrorKind kind) => kind is
        RedisErrorKind.ConnectionFault or RedisErrorKind.Timeout or RedisErrorKind.Loading or RedisErrorKind.Busy or RedisErrorKind.MaxClients
        or RedisErrorKind.ClusterDown or RedisErrorKind.MasterDown or RedisErrorKind.NoReplicas or RedisErrorKind.TryAgain
        or RedisErrorKind.ReadOnly or RedisErrorKind.Misconfigured or RedisErrorKind.OutOfMemory
        or RedisErrorKind.NoAuth or RedisErrorKind.WrongPass or RedisErrorKind.NoPermission;

    /// <summary>By name, because services without a bus or a database don't reference the packages.</summary>
    private static bool IsOfBroker(Exception exception) => exception.GetType() is var type && type.Namespace switch
    {
        "RabbitMQ.Client.Exceptions" => true,
        // Returned: no queue is bound for the message yet.
        "MassTransit" => type.Name is "ConnectionException" or "RabbitMqConnectionException" or "TransportUnavailableException" or "MessageNotAcknowledgedException" or "MessageReturnedException",
        _ => false,
    };
}

/// <summary>A dependency that the request needs is unavailable; the response is 503.</summary>
public sealed class DependencyUnavailableException(string dependency, Exception? inner = null)
    : Exception($"{dependency} is not available.", inner);
