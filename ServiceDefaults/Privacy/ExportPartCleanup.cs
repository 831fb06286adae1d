using Dapper;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LinkShort.ServiceDefaults.Privacy;

/// <summary>Parts of exports that nobody fetched are not kept. Any number of replicas can do it, and at any time.</summary>
internal sealed partial class ExportPartCleanup(Database database, TimeProvider time, ILogger<ExportPartCleanup> logger) : BackgroundService
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        while (await timer.WaitForNextTickAsync(stoppingToken).AsTask().ContinueWith(tick => tick.IsCompletedSuccessfully && tick.Result, TaskScheduler.Default))
        {
            try
            {
                await using var connection = await database.OpenAsync(stoppingToken);
                await connection.ExecuteAsync(new CommandDefinition(
                    "delete from export_parts where created_at < @Before", new { Before = time.GetUtcNow() - Kept }, cancellationToken: stoppingToken));
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or OperationCanceledException)
            {
                Log.Skipped(logger, exception);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Parts of exports stay for another hour.")]
        public static partial void Skipped(ILogger logger, Exception exception);
    }
}
