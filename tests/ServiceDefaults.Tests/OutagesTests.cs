using System.Net.Sockets;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Polly.CircuitBreaker;
using Polly.Timeout;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using StackExchange.Redis;

namespace LinkShort.ServiceDefaults.Tests;

public sealed class OutagesTests
{
    private static readonly Dictionary<string, Exception> Away = new()
    {
        ["PostgreSQL: read-only"] = Postgres("25006"),
        ["PostgreSQL: disk full"] = Postgres("53100"),
        ["PostgreSQL: out of memory"] = Postgres("53200"),
        ["PostgreSQL: too many connections"] = Postgres("53300"),
        ["PostgreSQL: admin shutdown"] = Postgres("57P01"),
        ["PostgreSQL: crash shutdown"] = Postgres("57P02"),
        ["PostgreSQL: starting up"] = Postgres("57P03"),
        ["PostgreSQL: connection failure"] = Postgres("08006"),
        ["PostgreSQL: connection refused by the server"] = Postgres("08004"),
        ["PostgreSQL: I/O error"] = Postgres("58030"),
        ["PostgreSQL: wrong password"] = Postgres("28P01"),
        ["PostgreSQL: no such database"] = Postgres("3D000"),
        ["PostgreSQL: can't be connected to"] = new NpgsqlException("Failed to connect", new SocketException(111)),
        ["PostgreSQL: the connection broke"] = new NpgsqlException("Exception while reading from stream", new EndOfStreamException()),
        ["PostgreSQL: by way of Entity Framework"] = new DbUpdateException("An error occurred while saving.", Postgres("25006")),
        ["Redis: no connection"] = NoRedis(),
        ["Redis: time-out"] = new RedisTimeoutException(CommandFlags.None, "Timeout performing GET", CommandStatus.Sent),
        ["Redis: loading"] = Redis(RedisErrorKind.Loading),
        ["Redis: read-only"] = Redis(RedisErrorKind.ReadOnly),
        ["Redis: can't write to disk"] = Redis(RedisErrorKind.Misconfigured),
        ["Redis: out of memory"] = Redis(RedisErrorKind.OutOfMemory),
        ["Redis: cluster down"] = Redis(RedisErrorKind.ClusterDown),
        ["Redis: wrapped by Data Protection"] = new InvalidOperationException("No keys.", NoRedis()),
        ["RabbitMQ: can't be reached"] = new BrokerUnreachableException(new IOException("refused")),
        ["RabbitMQ: the channel is closed"] = new AlreadyClosedException(new ShutdownEventArgs(ShutdownInitiator.Peer, 320, "closed")),
        ["RabbitMQ: interrupted"] = new OperationInterruptedException(new ShutdownEventArgs(ShutdownInitiator.Peer, 541, "internal error")),
        ["MassTransit: no connection"] = new RabbitMqConnectionException("Broker unreachable"),
        ["MassTransit: connection lost"] = new ConnectionException("lost"),
        ["MassTransit: transport"] = new TransportUnavailableException("The channel is closed."),
        ["MassTransit: not confirmed"] = new MessageNotAcknowledgedException(new Uri("rabbitmq://localhost/x"), "nack"),
        ["MassTransit: no queue takes it"] = new MessageReturnedException("NO_ROUTE", new InvalidOperationException("NO_ROUTE")),
        ["HTTP: refused"] = new HttpRequestException("Connection refused"),
        ["HTTP: ended early"] = new HttpIOException(HttpRequestError.ResponseEnded),
        ["HTTP: the client's time-out"] = new TaskCanceledException("HttpClient.Timeout elapsing.", new TimeoutException()),
        ["HTTP: circuit open"] = new BrokenCircuitException(),
        ["HTTP: an attempt took too long"] = new TimeoutRejectedException(),
        ["a socket"] = new IOException("Unable to read data.", new SocketException(104)),
        ["a time-out"] = new TimeoutException(),
        ["our own"] = new DependencyUnavailableException("identity"),
        ["one of several"] = new AggregateException(new InvalidOperationException(), new AggregateException(Postgres("57P01"))),
        ["two layers down"] = new InvalidOperationException("outer", new InvalidOperationException("inner", Postgres("53100"))),
    };

    private static readonly Dictionary<string, Exception> Bugs = new()
    {
        ["PostgreSQL: unique violation"] = Postgres("23505"),
        ["PostgreSQL: syntax error"] = Postgres("42601"),
        ["PostgreSQL: undefined table"] = Postgres("42P01"),
        ["PostgreSQL: cancelled statement"] = Postgres("57014"),
        ["PostgreSQL: a deadlock passes with the next attempt"] = Postgres("40P01"),
        ["PostgreSQL: a unique violation by way of Entity Framework"] = new DbUpdateException("An error occurred while saving.", Postgres("23505")),
        ["Redis: wrong type"] = Redis(RedisErrorKind.WrongType),
        ["Redis: unknown command"] = Redis(RedisErrorKind.UnknownCommand),
        ["Redis: no script"] = Redis(RedisErrorKind.NoScript),
        ["cancelled by the caller"] = new TaskCanceledException(),
        ["cancelled by the caller while a socket was read"] = new TaskCanceledException("cancelled", new TaskCanceledException("cancelled", new IOException("aborted", new SocketException(125)))),
        ["a message that nobody handles"] = new MessageNotConsumedException(new Uri("rabbitmq://localhost/x")),
        ["a full disk of ours"] = new IOException("No space left on device"),
        ["a bug"] = new InvalidOperationException(),
        ["bugs only"] = new AggregateException(new InvalidOperationException(), new FormatException()),
    };

    public static TheoryData<string> Outage => [.. Away.Keys];

    public static TheoryData<string> Bug => [.. Bugs.Keys];

    [Theory]
    [MemberData(nameof(Outage))]
    public void An_unavailable_dependency_is_an_outage(string what) => Outages.IsOutage(Away[what]).ShouldBeTrue();

    [Theory]
    [MemberData(nameof(Bug))]
    public void A_bug_or_an_error_of_the_caller_is_not_an_outage(string what) => Outages.IsOutage(Bugs[what]).ShouldBeFalse();

    [Fact]
    public void A_cancellation_that_the_caller_did_not_ask_for_is_a_deadline_of_ours()
    {
        using var caller = new CancellationTokenSource();
        Outages.IsOutageOrDeadline(new OperationCanceledException(), caller.Token).ShouldBeTrue();

        caller.Cancel();
        Outages.IsOutageOrDeadline(new OperationCanceledException(), caller.Token).ShouldBeFalse();
        Outages.IsOutageOrDeadline(new TimeoutException(), caller.Token).ShouldBeTrue();
    }

    [Theory]
    [InlineData("40001", true)]
    [InlineData("40P01", true)]
    [InlineData("55P03", true)]
    [InlineData("23505", false)]
    public void A_conflict_with_another_transaction_is_contention(string state, bool expected) => Outages.IsContention(Postgres(state)).ShouldBe(expected);

    private static PostgresException Postgres(string state) => new("message", "ERROR", "ERROR", state);

    private static RedisConnectionException NoRedis() =>
        new(ConnectionFailureType.UnableToConnect, CommandFlags.None, "No connection is available.", null, CommandStatus.WaitingToBeSent);

    private static RedisServerException Redis(RedisErrorKind kind) => new(kind, CommandFlags.None, kind.ToString());
}
