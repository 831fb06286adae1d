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
}
