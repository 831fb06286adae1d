using System.Security.Cryptography;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.DataProtection;

namespace LinkShort.Identity.Factors.TwoFactor;

/// <summary>
/// Users' authenticator apps. The secret is encrypted with Data Protection's key ring, which rotates and is shared by all
/// replicas, and is bound to its owner: a row copied to another user can't be decrypted.
/// </summary>
public sealed partial class Authenticators(IDataProtectionProvider protection, TimeProvider time, ILogger<Authenticators> logger)
{
    /// <summary>Stores a secret that isn't enabled yet. It replaces an earlier one that wasn't enabled.</summary>
    /// <returns>False when an app is already enabled.</returns>
    public async Task<bool> SetUpAsync(UnitOfWork work, Guid userId, byte[] secret, CancellationToken cancellationToken)
    {
        return await work.ExecuteAsync(
            """
            insert into authenticators (user_id, secret, created_at, enabled_at, last_step)
            values (@userId, @Secret, @Now, null, 0)
            on conflict (user_id) do update set secret = excluded.secret, created_at = excluded.created_at, last_step = 0
            where authenticators.enabled_at is null
            """,
            new { userId, Secret = Protector(userId).Protect(secret), Now = time.GetUtcNow() }, cancellationToken) == 1;
    }

    /// <summary>The first right code proves that the app has the secret, and enables it.</summary>
    public async Task<EnableOutcome> EnableAsync(UnitOfWork work, Guid userId, string code, CancellationToken cancellationToken)
    {
        if (await FindAsync(work, userId, cancellationToken) is not { } row)
        {
            return EnableOutcome.NotSetUp;
        }

        if (row.EnabledAt is not null)
        {
            return EnableOutcome.EnabledBefore;
        }

        return await AcceptAsync(work, userId, row, code, cancellationToken) ? EnableOutcome.Enabled : EnableOutcome.WrongCode;
    }

    /// <summary>
    /// Uses up a code. The row is locked and the code's step stored, so that it works once, on any replica, and older ones don't work.
    /// </summary>
    /// <returns>False for a wrong or used code, and without an enabled app.</returns>
    public async Task<bool> AcceptAsync(UnitOfWork work, Guid userId, string code, CancellationToken cancellationToken) =>
        await FindAsync(work, userId, cancellationToken) is { EnabledAt: not null } row
        && await AcceptAsync(work, userId, row, code, cancellationToken);

    /// <returns>False when there was none.</returns>
    public static async Task<bool> RemoveAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        return await work.ExecuteAsync(
            "delete from authenticators where user_id = @userId and enabled_at is not null",
            new { userId }, cancellationToken) == 1;
    }

    private static Task<Row?> FindAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        return work.QuerySingleOrDefaultAsync<Row>(
            "select secret, enabled_at, last_step from authenticators where user_id = @userId for update",
            new { userId }, cancellationToken);
    }

    private async Task<bool> AcceptAsync(UnitOfWork work, Guid userId, Row row, string code, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (!TryOpen(userId, row.Secret, out var secret, out var outdated))
        {
            return false;
        }

        if (Totp.FindStep(secret, code, now) is not { } step || step <= row.LastStep)
        {
            return false;
        }

        await work.ExecuteAsync(
            "update authenticators set last_step = @step, enabled_at = coalesce(enabled_at, @now), secret = @Secret where user_id = @userId",
            // Encrypted again when the ring has a newer key.
            new { userId, step, now, Secret = outdated ? Protector(userId).Protect(secret) : row.Secret },
            cancellationToken);
        return true;
    }

    private bool TryOpen(Guid userId, byte[] sealedSecret, out byte[] secret, out bool outdated)
    {
        try
        {
            var protector = Protector(userId);
            outdated = false;
            secret = protector is IPersistedDataProtector persisted
                ? persisted.DangerousUnprotect(sealedSecret, ignoreRevocationErrors: false, out outdated, out _)
                : protector.Unprotect(sealedSecret);
            return true;
        }
        catch (CryptographicException exception)
        {
            // The key ring was lost or its encryption key changed. Recovery codes and passkeys still work.
            Log.Unreadable(logger, exception);
            secret = [];
            outdated = false;
            return false;
        }
    }

    private IDataProtector Protector(Guid userId) => protection.CreateProtector("LinkShort.Identity.Authenticator.v1", userId.ToString("N"));

    private sealed record Row(byte[] Secret, DateTimeOffset? EnabledAt, long LastStep);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "An authenticator's secret can't be decrypted: was Identity__DataProtectionKey or Internal__Key changed?")]
        public static partial void Unreadable(ILogger logger, Exception exception);
    }
}

public enum EnableOutcome
{
    Enabled,
    WrongCode,
    NotSetUp,
    EnabledBefore,
}
