using System.Data;
using System.Globalization;
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

    public static Task<IReadOnlyList<T>> QueryAsync<T>(
        this NpgsqlConnection connection, string sql, object? parameters, CancellationToken cancellationToken) =>
        connection.QueryAsync<T>(Command(sql, parameters, cancellationToken));

    /// <returns>The rows of all statements of the command, in their order.</returns>
    /// <remarks>
    /// Dapper's own method requests <see cref="CommandBehavior.SequentialAccess"/>, and then reads columns that haven't arrived yet
    /// synchronously. In redirect, the blocked thread may be the one that receives them (ADR 25). Without that option, each row has arrived
    /// before its columns are read.
    /// </remarks>
    public static async Task<IReadOnlyList<T>> QueryAsync<T>(this NpgsqlConnection connection, CommandDefinition command)
    {
        await using var reader = await connection.ExecuteReaderAsync(command, CommandBehavior.Default);
        var rows = new List<T>();
        do
        {
            if (reader.FieldCount == 0)
            {
                continue;
            }

            var parse = reader.GetRowParser(typeof(T));
            while (await reader.ReadAsync(command.CancellationToken))
            {
                rows.Add(Cast<T>(parse(reader)));
            }
        }
        while (await reader.NextResultAsync(command.CancellationToken));
        return rows;
    }

    public static async Task<T> QuerySingleAsync<T>(
        this NpgsqlConnection connection, string sql, object? parameters, CancellationToken cancellationToken) =>
        (await connection.QueryAsync<T>(sql, parameters, cancellationToken)).Single();

    public static async Task<T?> QuerySingleOrDefaultAsync<T>(
        this NpgsqlConnection connection, string sql, object? parameters, CancellationToken cancellationToken) =>
        (await connection.QueryAsync<T>(sql, parameters, cancellationToken)).SingleOrDefault();

    /// <summary>A single column may have another numeric type than the caller's, such as bigint for an int.</summary>
    private static T Cast<T>(object? value) => value switch
    {
        T row => row,
        null => default!,
        _ => (T)Convert.ChangeType(value, Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T), CultureInfo.InvariantCulture),
    };

    private static CommandDefinition Command(string sql, object? parameters, CancellationToken cancellationToken) =>
        new(sql, parameters, cancellationToken: cancellationToken);
}
