using Npgsql;

namespace LinkShort.Testing;

/// <summary>
/// Makes one database read-only, like a standby or a server with a nearly full disk: PostgreSQL refuses each change with 25006. Other databases
/// of the server are not affected.
/// </summary>
public static class ReadOnlyDatabase
{
    /// <summary>Makes it read-only, also for open connections, which are closed.</summary>
    public static Task StartAsync(string connectionString) => SetAsync(connectionString, "set default_transaction_read_only = on");

    public static Task EndAsync(string connectionString) => SetAsync(connectionString, "reset default_transaction_read_only");

    /// <summary>
    /// The number of rolled back transactions so far, which includes each refused attempt. PostgreSQL updates it with a delay of some seconds.
    /// </summary>
    public static async Task<long> RolledBackAsync(string connectionString)
    {
        await using var source = Administration(connectionString, out var name);
        await using var command = source.CreateCommand("select xact_rollback from pg_stat_database where datname = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task SetAsync(string connectionString, string change)
    {
        await using var source = Administration(connectionString, out var name);
        await using (var altered = source.CreateCommand($"alter database {name} {change}"))
        {
            await altered.ExecuteNonQueryAsync();
        }

        await using var ended = source.CreateCommand("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = $1");
        ended.Parameters.Add(new NpgsqlParameter { Value = name });
        await ended.ExecuteScalarAsync();
    }

    private static NpgsqlDataSource Administration(string connectionString, out string name)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        name = settings.Database!;
        settings.Database = "postgres";
        return NpgsqlDataSource.Create(settings);
    }
}
