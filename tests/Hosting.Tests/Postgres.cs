using Npgsql;

namespace LinkShort.Hosting.Tests;

internal static class Postgres
{
    /// <summary>The answer of a server, over a connection of its own.</summary>
    public static async Task<object?> AskAsync(string connectionString, CancellationToken cancellationToken, string sql = "SELECT 1")
    {
        await using var source = NpgsqlDataSource.Create(connectionString + ";Database=postgres;Pooling=false");
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
