using Dapper;
using LinkShort.ServiceDefaults.Data;
using Npgsql;

namespace LinkShort.Identity.Sessions;

/// <summary>
/// Deletes what can't be used any more. A used refresh token stays until it would have expired unused: so long its reuse is noticed.
/// </summary>
public sealed partial class SessionCleanup(Database database, TimeProvider time, ILogger<SessionCleanup> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await database.OpenAsync(stoppingToken);
                await connection.ExecuteAsync(new CommandDefinition(
                    """
                    -- every workspace: housekeeping, nothing is read
                    delete from refresh_tokens where expires_at < @Now;
                    delete from sessions s where s.expires_at < @Now
                        or (s.last_used_at < @Now - interval '1 hour' and not exists (select from refresh_tokens t where t.session_id = s.id));
                    delete from revocations where ends_at < @Now;
                    """,
                    new { Now = time.GetUtcNow() }, cancellationToken: stoppingToken));
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
        [LoggerMessage(LogLevel.Warning, "Ended sessions stay for another hour.")]
        public static partial void Skipped(ILogger logger, Exception exception);
    }
}
