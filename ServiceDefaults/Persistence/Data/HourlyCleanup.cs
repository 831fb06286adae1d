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

internal sealed partial class HourlyCleanup(
    string what, string sql, Func<DateTimeOffset, object> parameters, NpgsqlDataSource source, TimeProvider time, ILogger<HourlyCleanup> logger)
    : BackgroundService
{
    private static readonly TimeSpan First = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var pause = First; ; pause = Interval)
        {
            await Task.Delay(pause, time, stoppingToken);
            try
            {
                await using var connection = await source.OpenConnectionAsync(stoppingToken);
                await connection.ExecuteAsync(new CommandDefinition(sql, parameters(time.GetUtcNow()), cancellationToken: stoppingToken));
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                Log.Skipped(logger, what, exception);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{What} stay for another hour.")]
        public static partial void Skipped(ILogger logger, string what, Exception exception);
    }
}
