using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using StackExchange.Redis;

namespace LinkShort.Web.Sessions;

/// <summary>
/// Sessions in Redis. The visitor's cookie holds a random 256-bit id; Redis knows only its hash, and the value is encrypted
/// with a key that depends on the id. Reading Redis reveals neither cookies nor tokens.
/// </summary>
public sealed class SessionStore(IConnectionMultiplexer redis, IDataProtectionProvider protection, TimeProvider time)
{
    /// <summary>Unused sessions expire after this time. At most as long as identity keeps an unused refresh token.</summary>
    public static readonly TimeSpan IdleLifetime = TimeSpan.FromDays(14);

    /// <summary>Sessions expire after this time, used or not.</summary>
    public static readonly TimeSpan AbsoluteLifetime = TimeSpan.FromDays(90);

    // Longer than the API call that it protects, so that two replicas never use a refresh token at the same time.
    private static readonly TimeSpan LockLifetime = TimeSpan.FromSeconds(30);

    private const string UnlockScript = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";

    private IDatabase Database => redis.GetDatabase();

    /// <returns>The new session's id, for the cookie.</returns>
    public async Task<string> StartAsync(WebSession session)
    {
        var id = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
        await Database.StringSetAsync(KeyOf(id), Seal(id, session), IdleLifetime);
        return id;
    }

    /// <summary>Finds a session and extends it. Null if it doesn't exist, has expired or can't be read.</summary>
    public async Task<WebSession?> FindAsync(string id)
    {
        byte[]? value = await Database.StringGetAsync(KeyOf(id));
        if (value is null || Open(id, value) is not { } session)
        {
            return null;
        }

        var left = session.StartedAt + AbsoluteLifetime - time.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            await EndAsync(id);
            return null;
        }

        await Database.KeyExpireAsync(KeyOf(id), left < IdleLifetime ? left : IdleLifetime, CommandFlags.FireAndForget);
        return session;
    }

    /// <summary>Stores renewed tokens, unless the session was deleted in the meantime: a sign-out is never undone.</summary>
    public Task<bool> ReplaceAsync(string id, WebSession session) =>
        Database.StringSetAsync(KeyOf(id), Seal(id, session), IdleLifetime, When.Exists);

    public Task EndAsync(string id) => Database.KeyDeleteAsync(KeyOf(id));

    /// <returns>Null if the lock is taken; otherwise dispose it to release the lock.</returns>
    public async Task<IAsyncDisposable?> TryLockAsync(string id)
    {
        RedisKey key = $"web:refreshing:{Hash(id)}";
        RedisValue owner = RandomNumberGenerator.GetBytes(16);
        return await Database.StringSetAsync(key, owner, LockLifetime, When.NotExists) ? new Lock(Database, key, owner) : null;
    }

    private byte[] Seal(string id, WebSession session) => ProtectorOf(id).Protect(JsonSerializer.SerializeToUtf8Bytes(session));

    private WebSession? Open(string id, byte[] value)
    {
        try
        {
            return JsonSerializer.Deserialize<WebSession>(ProtectorOf(id).Unprotect(value));
        }
        catch (Exception e) when (e is CryptographicException or JsonException)
        {
            // Encrypted with lost keys or by an older release: treated as no session.
            return null;
        }
    }

    private IDataProtector ProtectorOf(string id) => protection.CreateProtector("LinkShort.Web.Session", id);

    private static RedisKey KeyOf(string id) => $"web:session:{Hash(id)}";

    private static string Hash(string id) => WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.UTF8.GetBytes(id)));

    private sealed class Lock(IDatabase database, RedisKey key, RedisValue owner) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await database.ScriptEvaluateAsync(UnlockScript, [key], [owner]);
    }
}
