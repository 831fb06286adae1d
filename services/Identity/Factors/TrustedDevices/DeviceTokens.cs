using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.ServiceDefaults.Data;
using LinkShort.Values;

namespace LinkShort.Identity.Factors.TrustedDevices;

/// <summary>
/// Trusted devices: a token of 256 random bits replaces the second factor there, in addition to the password. Only its
/// hash is stored. A changed password forgets them all.
/// </summary>
public sealed class DeviceTokens(TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    /// <summary>Beyond this limit, the least recently used device is forgotten.</summary>
    private const int MaxDevices = 20;

    public async Task<string> RememberAsync(UnitOfWork work, Guid userId, HttpContext context, CancellationToken cancellationToken)
    {
        var token = OneTimeSecret.Create();
        var now = time.GetUtcNow();
        await work.ExecuteAsync(
            """
            delete from trusted_devices where expires_at < @now;
            delete from trusted_devices where id in (
                select id from trusted_devices where user_id = @userId order by last_used_at desc offset @Kept);
            insert into trusted_devices (id, user_id, token_hash, security_stamp, name, network, created_at, last_used_at, expires_at)
            select @Id, id, @Hash, security_stamp, @Name, @Network, @now, @now, @ExpiresAt from users where id = @userId;
            """,
            new
            {
                Id = Guid.CreateVersion7(now), userId, Hash = token.Hash(), now, ExpiresAt = now + Lifetime, Kept = MaxDevices - 1,
                Name = DeviceName.Of(context.Request.Headers.UserAgent.ToString()),
                Network = NetworkPrefix.Coarse(context.Connection.RemoteIpAddress),
            },
            cancellationToken);
        return token.Value;
    }

    /// <returns>Whether this is a trusted device of the user, remembered since the last password change.</returns>
    public async Task<bool> IsTrustedAsync(UnitOfWork work, Guid userId, string deviceToken, CancellationToken cancellationToken)
    {
        return OneTimeSecret.TryHash(deviceToken, out var hash) && await work.ExecuteAsync(
            """
            update trusted_devices d set last_used_at = @Now
            from users u
            where d.token_hash = @hash and d.user_id = @userId and d.expires_at > @Now
              and u.id = d.user_id and u.security_stamp = d.security_stamp
            """,
            new { hash, userId, Now = time.GetUtcNow() }, cancellationToken) == 1;
    }
}
