using System.Collections.Concurrent;
using LinkShort.Gateway.RateLimiting;
using LinkShort.Gateway.SharedState;
using StackExchange.Redis;

namespace LinkShort.Gateway.ApiKeys;

/// <summary>
/// Caches the results of API key exchanges. Redis always comes first: a key revoked through any gateway is removed
/// there for all gateways. The in-process cache is used only while Redis is unavailable. Of refused keys, those that don't exist are
/// remembered: keys are random, so none of them is created later. An expired one may be extended at any time.
/// </summary>
internal sealed class ExchangedTokens(SharedStore store, TimeProvider time)
{
    /// <summary>How long a result is cached.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    /// <summary>Long enough for a client that repeats a wrong key, short because each takes memory.</summary>
    private static readonly TimeSpan UnknownLifetime = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LocalLifetime = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A revoked key leaves a marker: an exchange that was running when the key was revoked must not store its token again. The marker
    /// outlives every exchange and cached token.
    /// </summary>
    private static readonly TimeSpan RevokedLifetime = TimeSpan.FromMinutes(15);

    private const int MostLocal = 10_000;

    private static readonly byte[] Refused = [0];

    private readonly ConcurrentDictionary<string, DateTimeOffset> _revoked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, AccessToken> _local = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _unknown = new(StringComparer.Ordinal);

    /// <returns>Null if the key has to be exchanged.</returns>
    public async ValueTask<Exchange?> FindAsync(string apiKey, string keyHash)
    {
        var now = time.GetUtcNow();
        if (_revoked.TryGetValue(keyHash, out var until) && until > now)
        {
            return Exchange.Refused;
        }

        var (answered, cached) = await store.TryAsync(database => database.StringGetAsync(NameOf(keyHash)));
        if (!answered)
        {
            return _local.TryGetValue(keyHash, out var local) && local.UsableUntil > now ? Exchange.For(local)
                : _unknown.TryGetValue(keyHash, out var unknownUntil) && unknownUntil > now ? Exchange.Unknown
                : null;
        }

        byte[]? bytes = cached;
        return bytes switch
        {
            null => null,
            [0] => Exchange.Refused,
            _ => SealedToken.Open(apiKey, keyHash, bytes) is { } token && token.UsableUntil > now ? Exchange.For(token) : null,
        };
    }

    /// <returns>The result in force: a key that was revoked in the meantime stays refused.</returns>
    public async ValueTask<Exchange> KeepAsync(string apiKey, string keyHash, Exchange exchange)
    {
        var lifetime = exchange.Token is { } token ? token.UsableUntil - time.GetUtcNow() : exchange.IsUnknown ? UnknownLifetime : TimeSpan.Zero;
        if (lifetime <= TimeSpan.Zero)
        {
            return exchange;
        }

        var value = exchange.Token is null ? Refused : SealedToken.Seal(apiKey, keyHash, exchange.Token);
        var (answered, _) = await store.TryAsync(database => database.StringSetAsync(NameOf(keyHash), value, lifetime, When.NotExists));
        if (!answered)
        {
            KeepLocally(keyHash, exchange.Token);
        }

        return _revoked.ContainsKey(keyHash) ? Exchange.Refused : exchange;
    }

    /// <summary>Removes a token that services refuse although its key is valid, so that the next request exchanges the key again.</summary>
    public async ValueTask ForgetAsync(string keyHash)
    {
        _local.TryRemove(keyHash, out _);
        await store.TryAsync(database => database.KeyDeleteAsync(NameOf(keyHash)));
    }

    public async ValueTask RevokeAsync(string keyHash)
    {
        var now = time.GetUtcNow();
        foreach (var (hash, until) in _revoked)
        {
            if (until <= now)
            {
                _revoked.TryRemove(hash, out _);
            }
        }

        _revoked[keyHash] = now + RevokedLifetime;
        _local.TryRemove(keyHash, out _);
        await store.TryAsync(database => database.StringSetAsync(NameOf(keyHash), Refused, RevokedLifetime));
    }

    private void KeepLocally(string keyHash, AccessToken? token)
    {
        var now = time.GetUtcNow();
        if (token is null)
        {
            Bound(_unknown);
            _unknown[keyHash] = now + UnknownLifetime;
            return;
        }

        Bound(_local);
        var until = now + LocalLifetime;
        _local[keyHash] = token with { UsableUntil = until < token.UsableUntil ? until : token.UsableUntil };

        static void Bound<T>(ConcurrentDictionary<string, T> cache)
        {
            if (cache.Count >= MostLocal)
            {
                cache.Clear();
            }
        }
    }

    private static RedisKey NameOf(string keyHash) => "linkshort:apikey:" + keyHash;
}

/// <summary>The result of an exchange: a token, or a refusal.</summary>
internal sealed record Exchange(AccessToken? Token)
{
    /// <summary>Revoked, expired, or not allowed from the client's address.</summary>
    public static readonly Exchange Refused = new((AccessToken?)null);

    /// <summary>There is no such key, and there never will be.</summary>
    public static readonly Exchange Unknown = new((AccessToken?)null) { IsUnknown = true };

    public bool IsUnknown { get; private init; }

    /// <summary>Identity was not asked: the address has used too many invalid keys.</summary>
    public Permit? TooMany { get; private init; }

    public static Exchange Limited(Permit permit) => new((AccessToken?)null) { TooMany = permit };

    public static Exchange For(AccessToken token) => new(token);
}
