using Dapper;
using LinkShort.Identity.FeatureFlags;
using LinkShort.ServiceDefaults.Data;
using Npgsql;

namespace LinkShort.Identity.Administration;

/// <summary>Forgets consents that are over, looks at accounts of long ago, and who met which feature.</summary>
public sealed partial class AdministrationCleanup(Database database, TimeProvider time, ILogger<AdministrationCleanup> logger) : BackgroundService
{
    public static readonly TimeSpan ViewsKept = TimeSpan.FromDays(365);

    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var now = time.GetUtcNow();
                await using var connection = await database.OpenAsync(stoppingToken);
                // every workspace: housekeeping
                await connection.ExecuteAsync(new CommandDefinition(
                    """
                    delete from support_consents where expires_at < @now;
                    delete from account_views where expires_at < @Views;
                    delete from feature_exposures where day < (@Exposures at time zone 'UTC')::date;
                    """,
                    new { now, Views = now - ViewsKept, Exposures = now.AddDays(-CompareVariants.KeptDays) },
                    cancellationToken: stoppingToken));
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                Log.Skipped(logger, exception);
            }

            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "What administration keeps no longer stays for now.")]
        public static partial void Skipped(ILogger logger, Exception exception);
    }
}
