using System.Globalization;
using Dapper;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Login;

/// <summary>
/// Counts wrong passwords into ASP.NET Core Identity's lockout columns. Its own counter reads, adds and writes with an optimistic check,
/// so of many guesses sent at once most go uncounted; these statements count each, and a right password that arrives behind the lock
/// is refused like a wrong one.
/// </summary>
public sealed class LoginAttempts(Database database, IOptions<IdentityOptions> options, TimeProvider time)
{
    private readonly LockoutOptions _lockout = options.Value.Lockout;

    public DateTimeOffset? LockedUntil(User user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return user.LockoutEnd > time.GetUtcNow() ? user.LockoutEnd : null;
    }

    /// <returns>When the account is unlocked, if it is locked now.</returns>
    public async Task<DateTimeOffset?> FailAsync(Guid userId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenAsync(cancellationToken);
        var lockoutEnd = await connection.ExecuteScalarAsync<DateTime?>(new CommandDefinition(
            """
            update users set
                access_failed_count = case
                    when lockout_end > @now then access_failed_count
                    when access_failed_count + 1 >= @max then 0
                    else access_failed_count + 1 end,
                lockout_end = case
                    when lockout_end > @now then lockout_end
                    when access_failed_count + 1 >= @max then @until
                    else lockout_end end
            where id = @userId
            returning lockout_end
            """,
            new { userId, now, max = _lockout.MaxFailedAccessAttempts, until = now + _lockout.DefaultLockoutTimeSpan },
            cancellationToken: cancellationToken));
        return lockoutEnd > now.UtcDateTime ? new DateTimeOffset(lockoutEnd.Value) : null;
    }

    /// <summary>Forgets the wrong passwords before this right one.</summary>
    /// <returns>When the account is unlocked, if it was locked while the password was being checked.</returns>
    public async Task<DateTimeOffset?> SucceedAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        var now = time.GetUtcNow();
        var lockoutEnd = await work.Connection.ExecuteScalarAsync<DateTime?>(new CommandDefinition(
            """
            update users set access_failed_count = case when lockout_end > @now then access_failed_count else 0 end
            where id = @userId
            returning lockout_end
            """,
            new { userId, now }, work.Transaction, cancellationToken: cancellationToken));
        return lockoutEnd > now.UtcDateTime ? new DateTimeOffset(lockoutEnd.Value) : null;
    }

    /// <summary>For <c>Retry-After</c>: whole seconds, rounded up.</summary>
    public string SecondsUntil(DateTimeOffset until) =>
        Math.Max(1, Math.Ceiling((until - time.GetUtcNow()).TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
