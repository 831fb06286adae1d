using Dapper;
using LinkShort.ServiceDefaults.Data;
using LinkShort.Testing;
using Npgsql;

namespace LinkShort.ServiceDefaults.Tests.Data;

public sealed class MigrationTests(ServersFixture fixture)
{
    [Fact]
    public async Task Several_replicas_that_start_at_once_migrate_once()
    {
        var database = await fixture.Servers.CreateDatabaseAsync("migrations");

        var replicas = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => StartAsync(database)));

        await using var source = NpgsqlDataSource.Create(database);
        await using var connection = await source.OpenConnectionAsync();
        (await connection.QueryAsync<string>("select \"MigrationId\" from \"__EFMigrationsHistory\" order by 1"))
            .ShouldBe(["20261121_00_things", "20261121_01_more"]);
        (await connection.QueryAsync<string>("select name from things")).ShouldBe(["by migration"]);
        (await connection.ExecuteScalarAsync<int>("select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())"))
            .ShouldBe(0, "the lock is released");
        foreach (var replica in replicas)
        {
            await replica.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_second_start_changes_nothing()
    {
        var database = await fixture.Servers.CreateDatabaseAsync("migrations");
        await (await StartAsync(database)).DisposeAsync();
        await using var again = await StartAsync(database);

        await using var connection = await again.Get<Database>().OpenAsync(CancellationToken.None);
        (await connection.QueryAsync<string>("select name from things")).ShouldBe(["by migration"]);
    }

    [Fact]
    public async Task A_start_with_nothing_to_migrate_does_not_wait_for_the_lock()
    {
        var database = await fixture.Servers.CreateDatabaseAsync("migrations");
        await (await StartAsync(database)).DisposeAsync();
        await using var other = NpgsqlDataSource.Create(database + ";Pooling=false");
        await using var holder = await other.OpenConnectionAsync();
        await holder.ExecuteAsync($"select pg_advisory_lock({0x4C_69_6E_6B_53_68_72_74})");

        await (await StartAsync(database)).DisposeAsync();
    }

    [Fact]
    public async Task A_start_completes_the_migration_of_one_that_died()
    {
        var database = await fixture.Servers.CreateDatabaseAsync("migrations");
        await using var other = NpgsqlDataSource.Create(database + ";Pooling=false");
        var holder = await other.OpenConnectionAsync();
        await holder.ExecuteAsync($"select pg_advisory_lock({0x4C_69_6E_6B_53_68_72_74})");

        var starting = StartAsync(database);
        await using (var watching = await other.OpenConnectionAsync())
        {
            await Wait.HoldsAsync(async () => await watching.ExecuteScalarAsync<int>(
                "select count(*) from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())") == 1);
        }

        starting.IsCompleted.ShouldBeFalse("it waits for who holds the lock");
        // The exit of a process closes its connections, which releases its lock.
        await holder.DisposeAsync();

        await using var service = await starting;
        await using var connection = await service.Get<Database>().OpenAsync(CancellationToken.None);
        (await connection.QueryAsync<string>("select name from things")).ShouldBe(["by migration"]);
    }

    [Fact]
    public async Task Times_come_back_in_UTC()
    {
        await using var service = await StartAsync(await fixture.Servers.CreateDatabaseAsync("migrations"));
        await using var connection = await service.Get<Database>().OpenAsync(CancellationToken.None);
        var sent = new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.FromHours(2));

        var row = await connection.QuerySingleAsync<Row>("insert into things (name, created_at) values ('a', @sent) returning name, created_at", new { sent });

        row.CreatedAt.ShouldBe(sent);
        row.CreatedAt.Offset.ShouldBe(TimeSpan.Zero);
    }

    [Theory]
    [InlineData("Database=no_such_database")]
    [InlineData("Password=wrong")]
    public async Task A_database_that_will_never_be_there_stops_the_start(string change)
    {
        var database = await fixture.Servers.CreateDatabaseAsync("migrations") + ";" + change;

        await Should.ThrowAsync<PostgresException>(async () => await (await StartAsync(database)).DisposeAsync()).WaitAsync(TimeSpan.FromSeconds(20));
    }

    private static Task<TestedService> StartAsync(string database) => TestedService.StartAsync(
        configure: builder =>
        {
            builder.AddNpgsqlDataSource("testdb");
            builder.AddMigrations(typeof(MigrationTests).Assembly);
        },
        settings: [("ConnectionStrings:testdb", database)]);

    private sealed record Row(string Name, DateTimeOffset CreatedAt);
}
