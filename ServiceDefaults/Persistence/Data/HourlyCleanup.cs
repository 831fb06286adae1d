using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LinkShort.ServiceDefaults.Data;

public static class CleanupExtensions
{
    /// <summary>Deletes rows that are over: a minute after the start, and every hour from then on. Any number of replicas can do it, at any time.</summary>
    /// <param name="what">For the log, such as <c>Ended sessions</c>.</param>
    /// <param name="sql">One or several statements.</param>
    /// <param name="parameters">Theirs, at a given moment.</param>
    public static void AddHourlyCleanup(this IServiceCollection services, string what, string sql, Func<DateTimeOffset, object> parameters)
    {
        ArgumentException.ThrowIfNullOrEmpty(what);
        ArgumentException.ThrowIfNullOrEmpty(sql);
        ArgumentNullException.ThrowIfNull(parameters);
        // Not AddHostedService, which takes only one of each type.
        services.AddSingleton<IHostedService>(provider => new HourlyCleanup(
            what, sql, parameters, provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<HourlyCleanup>>()));
    }
}

internal sealed class HourlyCleanup(
    string what, string sql, Func<DateTimeOffset, object> parameters, NpgsqlDataSource source, TimeProvider time, ILogger<HourlyCleanup> logger)
    : BackgroundJob($"Deleting what is over ({what})", time, logger)
{
    protected override TimeSpan Interval => TimeSpan.FromHours(1);

    protected override TimeSpan FirstAfter => TimeSpan.FromMinutes(1);

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters(Time.GetUtcNow()), cancellationToken: cancellationToken));
    }
}
