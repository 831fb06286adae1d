using Npgsql;

namespace LinkShort.Hosting.Tests;

internal static class Postgres
{
    /// <summary>The result of a query on a new connection.</summary>
    public static async Task<object?> AskAsync(string connectionString, CancellationToken cancellationToken, string sql = "SELECT 1")
    {
        await using var source = NpgsqlDataSource.Create(connectionString + ";Database=postgres;Pooling=false");
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>The same on the PostgreSQL that an app host started. The statement may take two minutes.</summary>
    /// <param name="servers">Connection strings by name.</param>
    public static Task<object?> ExecuteAsync(IReadOnlyDictionary<string, string> servers, string sql) =>
        AskAsync(servers["postgres"] + ";Command Timeout=120", CancellationToken.None, sql);
}
