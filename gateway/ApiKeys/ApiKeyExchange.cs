using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Gateway.Forwarding;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;

namespace LinkShort.Gateway.ApiKeys;

/// <summary>Asks identity for the access token of an API key: once a minute for each key, however many requests come with it.</summary>
internal sealed class ApiKeyExchange(
    Upstreams upstreams, ExchangedTokens tokens, RevokedAccess revoked, InternalKey internalKey, TimeProvider time, IMeterFactory meters)
{
    private const string Path = "/internal/api-keys/exchange";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Lazy<Task<Exchange>>> _underWay = new(StringComparer.Ordinal);
    private readonly Counter<long> _outcomes = meters.Create("LinkShort.Gateway").CreateCounter<long>(
        "linkshort.gateway.api_keys", "{request}", "Requests with an API key, by where the answer came from.");

    /// <param name="address">The visitor's: a key bound to networks is refused from elsewhere, also while its token is known.</param>
    /// <exception cref="DependencyUnavailableException">identity is away, and the key was not exchanged lately.</exception>
    public async Task<Exchange> ExchangeAsync(string apiKey, IPAddress? address, CancellationToken cancellationToken)
    {
        var keyHash = ApiKeyHash.Of(apiKey);
        var exchange = await tokens.FindAsync(apiKey, keyHash);
        if (exchange?.Token is { } known && revoked.Count > 0 && revoked.IsRevoked(known.Value))
        {
            // Its maker's role, or the key itself, was changed: services refuse this token, and take another one.
            await tokens.ForgetAsync(keyHash);
            exchange = null;
        }

        if (exchange is not null)
        {
            Count(exchange.Token is null ? "refused_before" : "cached");
        }
        else
        {
            // Not by the request's own token: when it goes away, the others still wait for the answer.
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
            // Another request may have completed the exchange since this one checked.
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
        // Anything else (401: our internal key is wrong) says nothing about the API key.
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest)
        {
            return Exchange.Refused;
        }

        response.EnsureSuccessStatusCode();
        var answer = await response.Content.ReadFromJsonAsync<Answer>() ?? throw new JsonException("identity answered an exchange with nothing.");
        // Never to the last moment of the token: it still has to reach the service.
        var lifetime = TimeSpan.FromSeconds(Math.Max(answer.ExpiresIn - 30, answer.ExpiresIn / 2));
        return Exchange.For(new AccessToken(
            answer.AccessToken,
            askedAt + (lifetime < ExchangedTokens.Lifetime ? lifetime : ExchangedTokens.Lifetime),
            answer.AllowedNetworks is { } networks ? [.. networks.Select(network => IPNetwork.Parse(network))] : null));
    }

    private void Count(string outcome) => _outcomes.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <param name="ExpiresIn">Seconds.</param>
    /// <param name="AllowedNetworks">CIDRs; null for anywhere.</param>
    private sealed record Answer(string AccessToken, int ExpiresIn, IReadOnlyList<string>? AllowedNetworks);
}
