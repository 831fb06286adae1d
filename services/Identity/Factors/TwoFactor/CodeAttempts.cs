using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.Factors.TwoFactor;

/// <summary>
/// Limits how many of the million codes can be tried. Five are free; each further one costs a wait, from 30 seconds, doubled each
/// time, up to an hour: at most some thirty tries a day, each right with 5 in 1,000,000. Trying requires the password, and recovery
/// codes and passkeys, which can't be guessed, never wait: an attacker with the password can't lock the owner out.
/// </summary>
public sealed class CodeAttempts(Database database, TimeProvider time)
{
    private const int Free = 5;

    /// <summary>Counts the try before the code is checked, so that concurrent tries get no further than sequential ones.</summary>
    /// <returns>When the next try is allowed; null for now.</returns>
    public async Task<DateTimeOffset?> BeginAsync(Guid userId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenAsync(cancellationToken);
        var counted = await connection.ExecuteAsync(
            """
            insert into factor_attempts as a (user_id, tried, blocked_until) values (@userId, 1, null)
            on conflict (user_id) do update set
                tried = a.tried + 1,
                blocked_until = case when a.tried + 1 >= @Free
                    then @now + least(interval '30 seconds' * power(2, least(a.tried + 1 - @Free, 10)), interval '1 hour') end
            where a.blocked_until is null or a.blocked_until <= @now
            """,
            new { userId, now, Free }, cancellationToken);
        return counted == 1 ? null : await connection.ExecuteScalarAsync<DateTime?>(
            "select coalesce(blocked_until, @now) from factor_attempts where user_id = @userId",
            new { userId, now }, cancellationToken) is { } until ? new DateTimeOffset(until, TimeSpan.Zero) : now;
    }

    /// <summary>A right code resets the count.</summary>
    public static async Task SucceedAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        await work.ExecuteAsync(
            "delete from factor_attempts where user_id = @userId", new { userId }, cancellationToken);
    }
}
