using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using StackExchange.Redis;

namespace LinkShort.Web.Sessions;

/// <summary>
/// What has to wait on the server for the visitor's next step: a half-done sign-in, a form that waits for a confirmation. In Redis, sealed
/// with a key that its random name is part of, as sessions are; who reads Redis learns nothing.
/// </summary>
public sealed class SealedNotes(IConnectionMultiplexer redis, IDataProtectionProvider protection)
{
    private const string TakeScript = "local value = redis.call('get', KEYS[1]); redis.call('del', KEYS[1]); return value";

    private IDatabase Database => redis.GetDatabase();

    /// <param name="owner">Whoever reads it has to name the same: a session's id, or nothing for visitors without one.</param>
    /// <returns>Its name: 256 random bits.</returns>
    public async Task<string> KeepAsync<T>(T value, TimeSpan lifetime, string owner = "")
    {
        var name = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
        await Database.StringSetAsync(KeyOf(name), Protector<T>(name, owner).Protect(JsonSerializer.SerializeToUtf8Bytes(value)), lifetime);
        return name;
    }

    /// <returns>Null when there is none (any more), or it is somebody else's.</returns>
    public async Task<T?> FindAsync<T>(string? name, string owner = "")
        where T : class =>
        name is { Length: 43 } ? Open<T>(name, owner, await Database.StringGetAsync(KeyOf(name))) : null;

    /// <summary>Finds it and forgets it.</summary>
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
