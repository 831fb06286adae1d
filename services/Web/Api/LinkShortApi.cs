using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Api;

/// <summary>
/// Calls the public API through the gateway as the signed-in visitor. Failures and outages are <see cref="ApiResult{T}"/>, never exceptions.
/// </summary>
public sealed partial class LinkShortApi(
    HttpClient http,
    CurrentSession session,
    Viewer viewer,
    IHttpContextAccessor contexts,
    InternalKey key,
    TimeProvider time,
    ILogger<LinkShortApi> logger)
{
    private const string Base = "/api/v1";
    private const string RefreshPath = "/auth/refresh";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public Task<ApiResult<Link>> GetLinkAsync(Guid id, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Get,
            $"/links/{id}",
            null,
            null,
            async response => await ReadAsync<Link>(response, cancellationToken) with { ETag = response.Headers.ETag?.ToString() },
            cancellationToken);

    /// <param name="link">The fields of <c>POST /links</c>.</param>
    /// <param name="attempt">Of the form: sent twice, it makes one link.</param>
    public Task<ApiResult<Link>> CreateLinkAsync(JsonObject link, string? attempt, CancellationToken cancellationToken) =>
        AskAsync<Link>(HttpMethod.Post, "/links", link, cancellationToken, attempt);

    /// <param name="change">The fields to change (RFC 7396).</param>
    /// <param name="etag">Of the version that was edited; if the link has changed since, the API answers 412.</param>
    public Task<ApiResult<Done>> ChangeLinkAsync(Guid id, JsonObject change, string? etag, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Patch, $"/links/{id}", change, etag, cancellationToken);

    /// <param name="from">RFC 3339 time, or a date in <paramref name="timeZone"/>.</param>
    /// <param name="interval">hour, day, week or month.</param>
    /// <param name="timeZone">IANA name, which decides when days start.</param>
    /// <param name="to">The end, exclusive for a time, inclusive for a date; null for now.</param>
    public Task<ApiResult<Analytics>> AnalyticsOfLinkAsync(
        Guid id, string from, string interval, string timeZone, CancellationToken cancellationToken, string? to = null) =>
        AskAsync<Analytics>(
            HttpMethod.Get, $"/links/{id}/analytics" + Query(("from", from), ("to", to), ("interval", interval), ("tz", timeZone)), null, cancellationToken);

    /// <inheritdoc cref="AnalyticsOfLinkAsync"/>
    public Task<ApiResult<Analytics>> AnalyticsOfWorkspaceAsync(
        string from, string interval, string timeZone, CancellationToken cancellationToken, string? to = null) =>
        AskAsync<Analytics>(HttpMethod.Get, "/analytics" + Query(("from", from), ("to", to), ("interval", interval), ("tz", timeZone)), null, cancellationToken);

    public Task<ApiResult<PageOf<ApiKey>>> ListApiKeysAsync(CancellationToken cancellationToken) =>
        AskAsync<PageOf<ApiKey>>(HttpMethod.Get, "/api-keys?limit=200", null, cancellationToken);

    public Task<ApiResult<CreatedApiKey>> CreateApiKeyAsync(NewApiKey key, CancellationToken cancellationToken) =>
        AskAsync<CreatedApiKey>(HttpMethod.Post, "/api-keys", key, cancellationToken);

    public Task<ApiResult<Done>> RevokeApiKeyAsync(Guid id, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/api-keys/{id}", null, null, cancellationToken);

    private static System.Globalization.CultureInfo Invariant => System.Globalization.CultureInfo.InvariantCulture;

    private static string Query(params ReadOnlySpan<(string Name, string? Value)> parts)
    {
        var query = QueryString.Empty;
        foreach (var (name, value) in parts)
        {
            query = string.IsNullOrEmpty(value) ? query : query.Add(name, value);
        }

        return query.ToString();
    }

    private async Task<ApiResult<T>> AskAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken, string? idempotencyKey = null)
        where T : class =>
        await SendAsync<T>(
            method,
            path,
            body,
            null,
            response => ReadAsync<T>(response, cancellationToken),
            cancellationToken,
            idempotencyKey);

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken) =>
        await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken) ?? throw new JsonException("The API answered null.");

    private async Task<ApiResult<Done>> DoAsync(HttpMethod method, string path, object? body, string? etag, CancellationToken cancellationToken) =>
        await SendAsync(method, path, body, etag, _ => Task.FromResult(Done.Instance), cancellationToken);

    private async Task<ApiResult<T>> SendAsync<T>(
        HttpMethod method, string path, object? body, string? etag, Func<HttpResponseMessage, Task<T>> read, CancellationToken cancellationToken,
        string? idempotencyKey = null)
        where T : class
    {
        try
        {
            var used = session.Current;
            using var response = await AskOnceAsync(method, path, body, (etag, idempotencyKey), cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return await read(response);
            }

            var problem = await ApiProblem.ReadAsync(response, time, cancellationToken);
            if (!problem.IsTokenRefused || used is null || session.IsExchanging || path == RefreshPath)
            {
                return problem;
            }

            if (used.Viewing is not null && !IsOwn(path))
            {
                // The owner withdrew the consent, or the view was ended: the next page is the operator's own again.
                await contexts.HttpContext!.RequestServices.GetRequiredService<SessionRenewal>()
                    .ChangeAsync(stored => stored with { Viewing = null }, cancellationToken);
                return ApiProblem.ViewingOver;
            }

            if (await RenewRefusedAsync(used, cancellationToken) is { } instead)
            {
                return instead.IsSignedOut ? problem : instead;
            }

            using var second = await AskOnceAsync(method, path, body, (etag, idempotencyKey), cancellationToken);
            if (second.IsSuccessStatusCode)
            {
                return await read(second);
            }

            problem = await ApiProblem.ReadAsync(second, time, cancellationToken);
            // Only a refused refresh ends a session. A refused new token is a failure of the API.
            return problem.IsTokenRefused ? ApiProblem.Unreachable : problem;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Refused, reset, timed out, circuit open, not JSON: to the visitor, all mean that LinkShort is unavailable.
            Log.Unreachable(logger, e, method.Method, path.Split('?')[0]);
            return ApiProblem.Unreachable;
        }
    }

    private async Task<HttpResponseMessage> AskOnceAsync(
        HttpMethod method, string path, object? body, (string? ETag, string? IdempotencyKey) conditions, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, Base + path);
        request.Content = body switch
        {
            null => null,
            // A retry needs its own.
            byte[] file => new ByteArrayContent(file) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } },
            _ => JsonContent.Create(body, body.GetType(), options: Json),
        };
        Introduce(request, path, conditions.ETag);
        // From a form's hidden field: what isn't a key is left out, as it would be refused.
        if (conditions.IdempotencyKey is { Length: > 0 and <= 100 } once && once.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'))
        {
            request.Headers.Add("Idempotency-Key", once);
        }

        return await http.SendAsync(request, cancellationToken);
    }

    /// <summary>Calls that operators make as themselves, even while they view an account.</summary>
    private static bool IsOwn(string path) =>
        path.StartsWith("/admin/", StringComparison.Ordinal) || path.StartsWith("/auth/", StringComparison.Ordinal);

    /// <summary>A token can be refused before it expires, because its owner's role or the workspace has changed. A new one reflects that.</summary>
    /// <returns>Null if there is a new token to retry with.</returns>
    private async Task<ApiProblem?> RenewRefusedAsync(WebSession refused, CancellationToken cancellationToken)
    {
        if (contexts.HttpContext is not { } context || SessionCookie.Read(context) is not { } id)
        {
            return ApiProblem.SignedOut;
        }

        // Resolved here, because it depends on this class.
        var (renewed, reached) = await context.RequestServices.GetRequiredService<SessionRenewal>().ReplaceRefusedAsync(id, refused, cancellationToken);
        if (renewed is null)
        {
            return ApiProblem.SignedOut;
        }

        if (!reached || renewed.AccessToken == refused.AccessToken)
        {
            return ApiProblem.Unreachable;
        }

        session.Current = renewed;
        return null;
    }

    /// <summary>Adds the visitor's token, and the client address for rate limits, which the gateway accepts together with the internal key.</summary>
    private void Introduce(HttpRequestMessage request, string path, string? etag)
    {
        // A refresh needs no access token.
        if (session.Current is { } current && path != RefreshPath)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", IsOwn(path) ? current.AccessToken : current.ApiToken);
        }

        // Messages of the API are shown on the page.
        request.Headers.AcceptLanguage.Add(new StringWithQualityHeaderValue(viewer.Language.Code));
        if (contexts.HttpContext is { } visit)
        {
            if (visit.Connection.RemoteIpAddress is { } address)
            {
                request.Headers.Add("X-Forwarded-For", address.ToString());
            }

            // So that users recognize their own devices in the list of sessions.
            if (visit.Request.Headers.UserAgent is [{ Length: > 0 } agent, ..])
            {
                request.Headers.TryAddWithoutValidation("User-Agent", agent);
            }
        }

        request.Headers.Add(InternalKey.Header, key.Key);
        if (!string.IsNullOrEmpty(etag))
        {
            request.Headers.TryAddWithoutValidation("If-Match", etag);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The API is unreachable: {Method} {Path}.")]
        public static partial void Unreachable(ILogger logger, Exception exception, string method, string path);
    }
}
