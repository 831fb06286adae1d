using Dapper;
using LinkShort.ServiceDefaults.Data;
using Npgsql;

namespace LinkShort.Identity.Throttling;

/// <summary>Deletes counts that count no more, places that somebody has long not been at, and secrets that opened something once.</summary>
public sealed partial class ThrottleCleanup(Database database, TimeProvider time, ILogger<ThrottleCleanup> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(30);

    /// <summary>A place that the account was not used from for so long is a strange one again.</summary>
    public static readonly TimeSpan OriginsKept = TimeSpan.FromDays(180);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var now = time.GetUtcNow();
                await using var connection = await database.OpenAsync(stoppingToken);
                await connection.ExecuteAsync(new CommandDefinition(
                    """
                    delete from throttles where forgotten_at < @now;
                    delete from known_origins where last_seen_at < @Unseen;
                    delete from email_verifications where expires_at < @now;
                    delete from password_resets where expires_at < @now;
                    delete from email_changes where expires_at < @now;
                    """,
                    new { now, Unseen = now - OriginsKept }, cancellationToken: stoppingToken));
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
        [LoggerMessage(LogLevel.Warning, "Counts and secrets that are over stay for another half hour.")]
        public static partial void Skipped(ILogger logger, Exception exception);
    }
}
