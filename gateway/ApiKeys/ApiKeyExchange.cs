using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Gateway.Forwarding;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;

namespace LinkShort.Gateway.ApiKeys;

/// <summary>Exchanges API keys for access tokens at identity, at most once a minute per key.</summary>
internal sealed class ApiKeyExchange(
    Upstreams upstreams, ExchangedTokens tokens, RevokedAccess revoked, InternalKey internalKey, TimeProvider time, IMeterFactory meters)
{
    private const string Path = "/internal/api-keys/exchange";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Lazy<Task<Exchange>>> _underWay = new(StringComparer.Ordinal);
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
            // Not cancelled with this request: other requests wait for the same exchange.
            var asked = _underWay.GetOrAdd(keyHash, hash => new Lazy<Task<Exchange>>(() => AskAsync(apiKey, hash, address)));
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

            var exchange = await tokens.KeepAsync(apiKey, keyHash, await AskIdentityAsync(apiKey, address));
            Count(exchange.Token is null ? "refused" : "exchanged");
            return exchange;
        }
        catch (Exception exception) when (Outages.IsOutage(exception) || exception is JsonException or FormatException)
        {
            Count("unavailable");
            throw new DependencyUnavailableException("identity", exception);
        }
        finally
        {
            _underWay.TryRemove(keyHash, out _);
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
            return Exchange.Refused;
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

    private void Count(string outcome) => _outcomes.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <param name="ExpiresIn">Seconds.</param>
    /// <param name="AllowedNetworks">CIDRs; null for no restriction.</param>
    private sealed record Answer(string AccessToken, int ExpiresIn, IReadOnlyList<string>? AllowedNetworks);
}
