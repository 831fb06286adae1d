using LinkShort.ServiceDefaults.Messaging;
using Npgsql;

namespace LinkShort.ServiceDefaults.Data;

/// <summary>The service's own database.</summary>
public sealed class Database(NpgsqlDataSource source, OutboxSignal outbox)
{
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => source.OpenConnectionAsync(cancellationToken);

    /// <summary>Begins a transaction for a change and its events.</summary>
    public async Task<UnitOfWork> BeginAsync(CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken);
        try
        {
            return new UnitOfWork(connection, await connection.BeginTransactionAsync(cancellationToken), outbox);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}

/// <summary>A transaction with the events that are published when it commits. Disposing it without a commit rolls it back.</summary>
public sealed class UnitOfWork : IAsyncDisposable
{
    private readonly OutboxSignal _outbox;
    private readonly List<object> _events = [];

    internal UnitOfWork(NpgsqlConnection connection, NpgsqlTransaction transaction, OutboxSignal outbox)
    {
        Connection = connection;
        Transaction = transaction;
        _outbox = outbox;
    }

    public NpgsqlConnection Connection { get; }

    public NpgsqlTransaction Transaction { get; }

    /// <summary>Adds the event to the outbox as part of the commit.</summary>
    public void Publish<T>(T @event) where T : class => _events.Add(@event);

    /// <summary>Records that <paramref name="consumer"/> handles this message.</summary>
    /// <returns>False if it was handled before: there is nothing to do.</returns>
    public Task<bool> ReceiveOnceAsync(Guid messageId, string consumer, CancellationToken cancellationToken) =>
        Inbox.ReceiveOnceAsync(Connection, Transaction, messageId, consumer, cancellationToken);

    public Task<int> ExecuteAsync(string sql, object? parameters, CancellationToken cancellationToken) =>
        Connection.ExecuteAsync(sql, parameters, cancellationToken);

    public Task<T?> ExecuteScalarAsync<T>(string sql, object? parameters, CancellationToken cancellationToken) =>
        Connection.ExecuteScalarAsync<T>(sql, parameters, cancellationToken);

    public Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? parameters, CancellationToken cancellationToken) =>
        Connection.QueryAsync<T>(sql, parameters, cancellationToken);

    public Task<T> QuerySingleAsync<T>(string sql, object? parameters, CancellationToken cancellationToken) =>
        Connection.QuerySingleAsync<T>(sql, parameters, cancellationToken);

    public Task<T?> QuerySingleOrDefaultAsync<T>(string sql, object? parameters, CancellationToken cancellationToken) =>
        Connection.QuerySingleOrDefaultAsync<T>(sql, parameters, cancellationToken);

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        await Outbox.WriteAsync(Connection, Transaction, _events, cancellationToken);
        await Transaction.CommitAsync(cancellationToken);
        if (_events.Count > 0)
        {
            _outbox.Raise();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Transaction.DisposeAsync();
        await Connection.DisposeAsync();
    }
}
