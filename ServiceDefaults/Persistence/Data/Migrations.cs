using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LinkShort.ServiceDefaults.Data;

/// <summary>
/// The context of a service's migrations: <c>[DbContext(typeof(MigrationContext))] [Migration("20261121_00_links")]</c>.
/// It has no model: migrations are written by hand, in SQL.
/// </summary>
public sealed class MigrationContext(DbContextOptions<MigrationContext> options) : DbContext(options);

public static class MigrationExtensions
{
    /// <summary>Migrates the database before the service starts, and waits for the server if it is unavailable.</summary>
    /// <param name="assembly">Where the migrations are.</param>
    public static void AddMigrations(this IHostApplicationBuilder builder, Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHostedService(services => new MigrationService(
            services.GetRequiredService<NpgsqlDataSource>(), assembly, services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<MigrationService>>()));
    }
}

/// <summary>Migrates a database. Services that must start without their database call it once it is available.</summary>
public static class Migrator
{
    // Arbitrary. The same in every service, because each has its own database and therefore its own advisory locks.
    private const long LockKey = 0x4C_69_6E_6B_53_68_72_74;

    /// <summary>
    /// Safe to call from several replicas concurrently. Throws if the server is unavailable; see <see cref="DatabaseExtensions"/> for time-outs.
    /// </summary>
    public static async Task MigrateAsync(NpgsqlDataSource source, Assembly assembly, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        // EF locks its history table, but concurrent first starts race to create it: the advisory lock prevents that.
        await using var guard = await source.OpenConnectionAsync(cancellationToken);
        if (await IsCurrentAsync(guard, assembly, cancellationToken))
        {
            return;
        }

        await ExecuteAsync(guard, $"select pg_advisory_lock({LockKey})", cancellationToken);
        try
        {
            var options = new DbContextOptionsBuilder<MigrationContext>()
                .UseNpgsql(source, npgsql => npgsql.MigrationsAssembly(assembly))
                .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning, RelationalEventId.MigrationsNotFound))
                .Options;
            await using var context = new MigrationContext(options);
            await context.Database.MigrateAsync(cancellationToken);
        }
        finally
        {
            await ExecuteAsync(guard, $"select pg_advisory_unlock({LockKey})", CancellationToken.None);
        }
    }

    /// <summary>Most starts have nothing to migrate, which one query finds out. Initializing EF Core takes a second of processor time.</summary>
    private static async Task<bool> IsCurrentAsync(NpgsqlConnection connection, Assembly assembly, CancellationToken cancellationToken)
    {
        try
        {
            var applied = await connection.QueryAsync<string>(
                """select "MigrationId" from "__EFMigrationsHistory" """, null, cancellationToken);
            return !assembly.GetTypes().Select(type => type.GetCustomAttribute<MigrationAttribute>()?.Id).OfType<string>().Except(applied).Any();
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return false;
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

internal sealed partial class MigrationService(
    NpgsqlDataSource source, Assembly assembly, TimeProvider time, ILogger<MigrationService> logger) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        for (var delay = TimeSpan.FromMilliseconds(250); ; delay = TimeSpan.FromSeconds(Math.Min(5, delay.TotalSeconds * 2)))
        {
            try
            {
                await Migrator.MigrateAsync(source, assembly, cancellationToken);
                return;
            }
            catch (Exception exception) when (Outages.IsOutage(exception) && exception is not PostgresException { SqlState: "28P01" or "3D000" })
            {
                Log.Waiting(logger, exception.Message, delay);
                await Task.Delay(delay, time, cancellationToken);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The database is not available yet ({Reason}); the next attempt is in {Delay}.")]
        public static partial void Waiting(ILogger logger, string reason, TimeSpan delay);
    }
}
