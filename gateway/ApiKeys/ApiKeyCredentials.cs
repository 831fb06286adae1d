using LinkShort.Contracts;
using LinkShort.Gateway.RateLimiting;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Gateway.ApiKeys;

/// <summary>
/// Replaces an API key (<c>Authorization: Bearer ls_live_…</c> or <c>X-Api-Key</c>) by its access token: services accept tokens
/// only. A refused key is answered 401 after it was counted, so that guessing is rate-limited like any anonymous call. Beyond its limit, an
/// address gets 429 before identity is asked.
/// </summary>
internal sealed class ApiKeyCredentials(ApiKeyExchange exchange, RateLimiter limiter)
{
    private const string KeyHeader = "X-Api-Key";
    private const string Bearer = "Bearer ";

    /// <summary>Keys have about 50 characters.</summary>
    private const int LongestKey = 200;

    public RequestDelegate Exchange(RequestDelegate next) => async context =>
    {
        if (KeyOf(context.Request) is { } key)
        {
            var exchanged = IsPossible(key) ? await exchange.ExchangeAsync(key, context.Connection.RemoteIpAddress, context.RequestAborted) : null;
            if (exchanged?.TooMany is { } permit)
            {
                await limiter.RefuseKeyAsync(context, permit);
                return;
            }

            if (exchanged?.Token is not { } token)
            {
                context.Request.Headers.Remove("Authorization");
                context.Features.Set(RefusedKey.Mark);
            }
            else
            {
                context.Request.Headers.Authorization = Bearer + token.Value;
            }
        }

        await next(context);
    };

    /// <summary>Place it after the rate limiter.</summary>
    public static RequestDelegate Refuse(RequestDelegate next) => context =>
    {
        if (context.Features.Get<RefusedKey>() is null)
        {
            return next(context);
        }

        context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        return Problems.Unauthorized.Result(GatewayTexts.Of("gateway.apiKey")).ExecuteAsync(context);
    };

    /// <returns>Null if the request has no API key. A token in <c>Authorization</c> takes precedence over <c>X-Api-Key</c>.</returns>
    private static string? KeyOf(HttpRequest request)
    {
        string? key = null;
        if (request.Headers.TryGetValue(KeyHeader, out var sent))
        {
            key = sent.ToString();
            request.Headers.Remove(KeyHeader);
        }

        var authorization = request.Headers.Authorization.ToString();
        if (authorization.Length == 0)
        {
            return key;
        }

        return authorization.StartsWith(Bearer + ApiKeyHash.Prefix, StringComparison.OrdinalIgnoreCase) ? authorization[Bearer.Length..].Trim() : null;
    }

    private static bool IsPossible(string key) =>
        key.Length <= LongestKey && key.StartsWith(ApiKeyHash.Prefix, StringComparison.Ordinal)
        && !key.AsSpan().ContainsAnyExceptInRange('!', '~');

    private sealed class RefusedKey
    {
        public static readonly RefusedKey Mark = new();
    }
}
