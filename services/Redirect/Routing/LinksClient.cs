using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;

namespace LinkShort.Redirect.Routing;

/// <param name="Link">Null if no such link exists.</param>
public sealed record LinkAnswer(LinkSnapshot? Link);

/// <summary>Client of the links service, which owns the data.</summary>
public sealed partial class LinksClient(IHttpClientFactory clients, InternalKey key, ILogger<LinksClient> logger) : IDisposable
{
    public const string Name = "links";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1.5);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    // A scan of random codes must not become a flood of requests.
    private readonly SemaphoreSlim _requests = new(64);

    /// <returns>Null if links is unavailable.</returns>
    public async Task<LinkAnswer?> FindAsync(RouteKey route)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            await _requests.WaitAsync(timeout.Token);
            try
            {
                using var request = Request($"internal/routes/by-code?domain={Uri.EscapeDataString(route.Domain)}&code={Uri.EscapeDataString(route.Code)}");
                using var response = await clients.CreateClient(Name).SendAsync(request, timeout.Token);
                if (response.StatusCode == HttpStatusCode.NotFound)
                {
                    return new LinkAnswer(null);
                }

                response.EnsureSuccessStatusCode();
                return new LinkAnswer(await response.Content.ReadFromJsonAsync<LinkSnapshot>(Json, timeout.Token));
            }
            finally
            {
                _requests.Release();
            }
        }
        catch (Exception exception) when (exception is JsonException || Outages.IsOutageOrDeadline(exception, CancellationToken.None))
        {
            Log.Away(logger, exception.Message);
            return null;
        }
    }

    /// <summary>Lists links in order of their ids, after <paramref name="after"/> and up to <paramref name="upTo"/>, or to the last.</summary>
    public async IAsyncEnumerable<LinkSnapshot> ListAsync(Guid? after, Guid? upTo, int limit, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = Request($"internal/routes?limit={limit}{Between(after, upTo)}");
        using var response = await clients.CreateClient(Name).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var link in JsonSerializer.DeserializeAsyncEnumerable<LinkSnapshot>(body, topLevelValues: true, Json, cancellationToken))
        {
            if (link is not null)
            {
                yield return link;
            }
        }
    }

    /// <returns>The number of links, archived ones included.</returns>
    public async Task<long> CountAsync(CancellationToken cancellationToken)
    {
        using var request = Request("internal/routes/count");
        using var response = await clients.CreateClient(Name).SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<long>(Json, cancellationToken);
    }

    /// <summary>
    /// Counts and checksums of links by ranges of ids, after <paramref name="after"/> and up to <paramref name="upTo"/>, or to the last.
    /// </summary>
    /// <param name="size">Links per range.</param>
    /// <param name="limit">Maximum number of ranges.</param>
    public async Task<IReadOnlyList<LinkRange>> RangesAsync(Guid? after, Guid? upTo, int size, int limit, CancellationToken cancellationToken)
    {
        using var request = Request($"internal/routes/ranges?size={size}&limit={limit}{Between(after, upTo)}");
        using var response = await clients.CreateClient(Name).SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<List<LinkRange>>(Json, cancellationToken) ?? [];
    }

    public void Dispose() => _requests.Dispose();

    private static string Between(Guid? after, Guid? upTo) => (after is null ? "" : $"&after={after}") + (upTo is null ? "" : $"&upTo={upTo}");

    private HttpRequestMessage Request(string path)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "https+http://links/" + path);
        request.Headers.Add(InternalKey.Header, key.Key);
        return request;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The links service is unavailable: {Reason}")]
        public static partial void Away(ILogger logger, string reason);
    }
}
