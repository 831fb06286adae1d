using System.Reflection;
using Dapper;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LinkShort.ServiceDefaults.Data;

/// <summary>
/// What a service's migrations are marked with: <c>[DbContext(typeof(MigrationContext))] [Migration("20261121_00_links")]</c>.
/// It has no model: migrations are written by hand, in SQL.
/// </summary>
public sealed class MigrationContext(DbContextOptions<MigrationContext> options) : DbContext(options);

public static class MigrationExtensions
{
    /// <summary>Brings the database up to date before the service starts, waiting for the server if it is away.</summary>
    /// <param name="assembly">Where the migrations are.</param>
    public static void AddMigrations(this IHostApplicationBuilder builder, Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHostedService(services => new MigrationService(
            services.GetRequiredService<NpgsqlDataSource>(), assembly, services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<MigrationService>>()));
    }
}

/// <summary>Brings a database up to date. Services that must start without their database call it themselves, when it is there.</summary>
public static class Migrator
{
    // Arbitrary, the same in every service: databases are separate, and so are their advisory locks.
    private const long LockKey = 0x4C_69_6E_6B_53_68_72_74;

    /// <summary>Safe from several replicas at once. Throws when the server is away: see <see cref="DatabaseExtensions"/> for time-outs.</summary>
    public static async Task MigrateAsync(NpgsqlDataSource source, Assembly assembly, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        // EF locks its history table, but two first starts race to create that table: the advisory lock comes before.
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

    /// <summary>Most starts have nothing to migrate. One query finds that out; initializing EF Core takes a second of processor time.</summary>
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
        [LoggerMessage(LogLevel.Warning, "The database is not there yet ({Reason}); trying again in {Delay}.")]
        public static partial void Waiting(ILogger logger, string reason, TimeSpan delay);
    }
}
