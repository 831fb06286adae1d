using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Gateway.Forwarding;
using LinkShort.Gateway.RateLimiting;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;

namespace LinkShort.Gateway.ApiKeys;

/// <summary>
/// Exchanges API keys for access tokens at identity, at most once a minute per key, and within the limit of the client's address: a key that
/// doesn't exist costs identity a query.
/// </summary>
internal sealed class ApiKeyExchange(
    Upstreams upstreams, ExchangedTokens tokens, RevokedAccess revoked, RateLimiter limiter, InternalKey internalKey, TimeProvider time, IMeterFactory meters)
{
    private const string Path = "/internal/api-keys/exchange";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(string KeyHash, IPAddress? Address), Lazy<Task<Exchange>>> _underWay = new();
    private readonly Counter<long> _outcomes = meters.Create("LinkShort.Gateway").CreateCounter<long>(
        "linkshort.gateway.api_keys", "{request}", "Requests with an API key, by where the answer came from.");

    /// <param name="address">The visitor's. A key restricted to networks is refused from elsewhere even while its token is cached.</param>
    /// <exception cref="DependencyUnavailableException">Identity is unavailable and the key has no cached result.</exception>
    public async Task<Exchange> ExchangeAsync(string apiKey, IPAddress? address, CancellationToken cancellationToken)
    {
        var keyHash = ApiKeyHash.Of(apiKey);
        var exchange = await tokens.FindAsync(apiKey, keyHash);
        if (exchange?.Token is { } known && revoked.Count > 0 && revoked.IsRevoked(known.Value))
        {
            // The key or its creator's role has changed: services refuse this token, so it is exchanged again.
            await tokens.ForgetAsync(keyHash);
            exchange = null;
        }

        if (exchange is not null)
        {
            Count(exchange.Token is null ? "refused_before" : "cached");
        }
        else
        {
            // Not cancelled with this request: others of the same address wait for the same exchange.
            var asked = _underWay.GetOrAdd((keyHash, address), _ => new Lazy<Task<Exchange>>(() => AskAsync(apiKey, keyHash, address)));
            exchange = await asked.Value.WaitAsync(cancellationToken);
        }

        if (exchange.Token is { } token && !token.IsAllowedFrom(address))
        {
            Count("elsewhere");
            return Exchange.Refused;
        }

        return exchange;
    }

    private async Task<Exchange> AskAsync(string apiKey, string keyHash, IPAddress? address)
    {
        try
        {
            // Another request may have completed the exchange in the meantime.
            if (await tokens.FindAsync(apiKey, keyHash) is { } ended)
            {
                Count(ended.Token is null ? "refused_before" : "cached");
                return ended;
            }

            var lookup = await limiter.BeginKeyLookupAsync(address);
            if (!lookup.Permit.Granted)
            {
                Count("limited");
                return Exchange.Limited(lookup.Permit);
            }

            return await AskAsync(apiKey, keyHash, address, lookup);
        }
        catch (Exception exception) when (Outages.IsOutage(exception) || exception is JsonException or FormatException)
        {
            Count("unavailable");
            throw new DependencyUnavailableException("identity", exception);
        }
        finally
        {
            _underWay.TryRemove((keyHash, address), out _);
        }
    }

    /// <summary>A key that exists, or that identity couldn't be asked about, is no guess and uses no permit up.</summary>
    private async Task<Exchange> AskAsync(string apiKey, string keyHash, IPAddress? address, KeyLookup lookup)
    {
        var isGuess = false;
        try
        {
            var answer = await AskIdentityAsync(apiKey, address);
            isGuess = answer.IsUnknown;
            var exchange = await tokens.KeepAsync(apiKey, keyHash, answer);
            Count(exchange.Token is null ? "refused" : "exchanged");
            return exchange;
        }
        finally
        {
            if (!isGuess)
            {
                await lookup.ReturnAsync();
            }
        }
    }

    private async Task<Exchange> AskIdentityAsync(string apiKey, IPAddress? address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, (Uri?)null) { Content = JsonContent.Create(new { key = apiKey, address = address?.ToString() }) };
        request.Headers.TryAddWithoutValidation(InternalKey.Header, internalKey.Key);
        var askedAt = time.GetUtcNow();
        using var response = await upstreams.SendAsync("identity", request, Path, Timeout, CancellationToken.None);
        // Other statuses (401: wrong internal key) don't mean that the API key is invalid.
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest)
        {
            return await ExistsAsync(response) ? Exchange.Refused : Exchange.Unknown;
        }

        response.EnsureSuccessStatusCode();
        var answer = await response.Content.ReadFromJsonAsync<Answer>() ?? throw new JsonException("identity answered an exchange with nothing.");
        // Expires before the token does, which still has to reach the service.
        var lifetime = TimeSpan.FromSeconds(Math.Max(answer.ExpiresIn - 30, answer.ExpiresIn / 2));
        return Exchange.For(new AccessToken(
            answer.AccessToken,
            askedAt + (lifetime < ExchangedTokens.Lifetime ? lifetime : ExchangedTokens.Lifetime),
            answer.AllowedNetworks is { } networks ? [.. networks.Select(network => IPNetwork.Parse(network))] : null));
    }

    /// <summary>Whether identity has the key, so that it may become valid again: its expiry can be extended, its owner's suspension ended.</summary>
    private static async Task<bool> ExistsAsync(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return false;
        }

        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return problem.RootElement.TryGetProperty("exists", out var exists) && exists.ValueKind == JsonValueKind.True;
    }

    private void Count(string outcome) => _outcomes.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <param name="ExpiresIn">Seconds.</param>
    /// <param name="AllowedNetworks">CIDRs; null for no restriction.</param>
    private sealed record Answer(string AccessToken, int ExpiresIn, IReadOnlyList<string>? AllowedNetworks);
}
