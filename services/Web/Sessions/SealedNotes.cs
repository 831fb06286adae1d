using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using StackExchange.Redis;

namespace LinkShort.Web.Sessions;

/// <summary>
/// Server-side storage for the visitor's next step: a pending sign-in, a form that waits for a confirmation. In Redis, encrypted
/// with a key that depends on the random name, as sessions are: reading Redis reveals nothing.
/// </summary>
public sealed class SealedNotes(IConnectionMultiplexer redis, IDataProtectionProvider protection)
{
    private const string TakeScript = "local value = redis.call('get', KEYS[1]); redis.call('del', KEYS[1]); return value";

    private IDatabase Database => redis.GetDatabase();

    /// <param name="owner">Required again for reading: a session's id, or empty for visitors without one.</param>
    /// <returns>The name: 256 random bits.</returns>
    public async Task<string> StoreAsync<T>(T value, TimeSpan lifetime, string owner = "")
    {
        var name = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
        await Database.StringSetAsync(KeyOf(name), Protector<T>(name, owner).Protect(JsonSerializer.SerializeToUtf8Bytes(value)), lifetime);
        return name;
    }

    /// <returns>Null if it doesn't exist, has expired, or has another owner.</returns>
    public async Task<T?> FindAsync<T>(string? name, string owner = "")
        where T : class =>
        name is { Length: 43 } ? Open<T>(name, owner, await Database.StringGetAsync(KeyOf(name))) : null;

    /// <summary>Reads and deletes it.</summary>
    public async Task<T?> TakeAsync<T>(string? name, string owner = "")
        where T : class =>
        name is { Length: 43 } ? Open<T>(name, owner, (byte[]?)await Database.ScriptEvaluateAsync(TakeScript, [KeyOf(name)])) : null;

    private T? Open<T>(string name, string owner, byte[]? value)
        where T : class
    {
        try
        {
            return value is null ? null : JsonSerializer.Deserialize<T>(Protector<T>(name, owner).Unprotect(value));
        }
        catch (Exception e) when (e is CryptographicException or JsonException)
        {
            return null;
        }
    }

    private IDataProtector Protector<T>(string name, string owner) =>
        protection.CreateProtector("LinkShort.Web.Note", typeof(T).Name, name, owner.Length == 0 ? "anybody" : owner);

    private static RedisKey KeyOf(string name) => $"web:note:{WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.UTF8.GetBytes(name)))}";
}
