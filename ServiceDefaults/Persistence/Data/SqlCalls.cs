using Dapper;
using Npgsql;

namespace LinkShort.ServiceDefaults.Data;

/// <summary>
/// Dapper's calls with the arguments that each needs: the SQL, its parameters (an object whose members are @Name) and the cancellation token.
/// Npgsql runs every command of a connection in the transaction that is open on it, so none has to be passed.
/// </summary>
public static class SqlCalls
{
    public static Task<int> ExecuteAsync(this NpgsqlConnection connection, string sql, object? parameters, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(Command(sql, parameters, cancellationToken));

    public static Task<T?> ExecuteScalarAsync<T>(
        this NpgsqlConnection connection, string sql, object? parameters, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<T>(Command(sql, parameters, cancellationToken));

    public static async Task<IReadOnlyList<T>> QueryAsync<T>(
        this NpgsqlConnection connection, string sql, object? parameters, CancellationToken cancellationToken) =>
        (await connection.QueryAsync<T>(Command(sql, parameters, cancellationToken))).AsList();

    public static Task<T> QuerySingleAsync<T>(
        this NpgsqlConnection connection, string sql, object? parameters, CancellationToken cancellationToken) =>
        connection.QuerySingleAsync<T>(Command(sql, parameters, cancellationToken));

    public static Task<T?> QuerySingleOrDefaultAsync<T>(
        this NpgsqlConnection connection, string sql, object? parameters, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<T>(Command(sql, parameters, cancellationToken));

    private static CommandDefinition Command(string sql, object? parameters, CancellationToken cancellationToken) =>
        new(sql, parameters, cancellationToken: cancellationToken);
}
