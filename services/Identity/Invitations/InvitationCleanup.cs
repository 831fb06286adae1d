using Dapper;
using LinkShort.ServiceDefaults.Data;
using Npgsql;

namespace LinkShort.Identity.Invitations;

/// <summary>Forgets addresses of people who never answered, and mails that no limit counts any more.</summary>
public sealed partial class InvitationCleanup(Database database, TimeProvider time, ILogger<InvitationCleanup> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);
    private static readonly TimeSpan KeptExpired = TimeSpan.FromDays(30);

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
                    -- every workspace: housekeeping, nothing is read
                    delete from invitations where expires_at < @Expired;
                    delete from invitation_mails where sent_at < @DayAgo;
                    """,
                    new { Expired = now - KeptExpired, DayAgo = now.AddDays(-1) }, cancellationToken: stoppingToken));
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
        [LoggerMessage(LogLevel.Warning, "Expired invitations stay for another hour.")]
        public static partial void Skipped(ILogger logger, Exception exception);
    }
}
