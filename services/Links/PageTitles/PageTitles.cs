using System.Net;
using System.Net.Http.Headers;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults;
using LinkShort.Values;

namespace LinkShort.Links.PageTitles;

/// <summary>
/// Fetches the titles of destinations. Only public addresses are requested (<see cref="PublicConnection"/>), every hop must be a valid destination,
/// and neither cookies nor credentials are sent. Whatever goes wrong, there is no title: a link never waits for its destination.
/// </summary>
public sealed class PageTitles : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);
    private const int MaxHops = 5;

    /// <summary>Where web servers usually are. With any other, users could use this service to find out which ports of a host are open.</summary>
    private static readonly int[] Ports = [80, 443, 8080, 8443];

    /// <summary>Titles are in the head, which precedes everything large.</summary>
    private const int MaxBytes = 256 * 1024;

    /// <summary>Fetches at the same time: destinations that don't answer must not use up the service's connections.</summary>
    private const int MaxConcurrent = 32;

    private readonly DestinationPolicy _destinations;
    private readonly HttpClient _http;
    private readonly SemaphoreSlim _slots = new(MaxConcurrent);

    public PageTitles(DestinationPolicy destinations, PublicConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        _destinations = destinations;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            // Small responses can expand to huge ones.
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = Timeout,
            PooledConnectionLifetime = TimeSpan.FromSeconds(10),
            MaxConnectionsPerServer = 4,
            MaxResponseHeadersLength = 32,
            // No trace headers: strangers' servers are not part of our traces.
            ActivityHeadersPropagator = null,
            ConnectCallback = connection.ConnectAsync,
        })
        { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
    }

    /// <returns>Null for none: no page, no title, or the page can't be fetched within three seconds.</returns>
    public async Task<string?> FindAsync(TargetUrl url, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (!await _slots.WaitAsync(0, cancellationToken))
        {
            return null;
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        try
        {
            return await FollowAsync(url, timeout.Token);
        }
        catch (Exception exception) when (
            exception is IOException or InvalidOperationException or UriFormatException || Outages.IsOutageOrDeadline(exception, cancellationToken))
        {
            return null;
        }
        finally
        {
            _slots.Release();
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _slots.Dispose();
    }

    private async Task<string?> FollowAsync(TargetUrl url, CancellationToken cancellationToken)
    {
        var address = new Uri(url.Value);
        for (var hop = 0; hop <= MaxHops; hop++)
        {
            if (!Ports.Contains(address.Port))
            {
                return null;
            }

            using var request = Request(address);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if ((int)response.StatusCode is >= 300 and < 400 && response.Headers.Location is { } location)
            {
                var next = new Uri(address, location);
                if (!TargetUrl.TryParse(next.AbsoluteUri, _destinations, out _, out _))
                {
                    return null;
                }

                address = next;
                continue;
            }

            return response.IsSuccessStatusCode && IsPage(response.Content.Headers)
                ? HtmlTitle.Of(await ReadAsync(response.Content, cancellationToken), response.Content.Headers.ContentType?.CharSet)
                : null;
        }

        return null;
    }

    private static HttpRequestMessage Request(Uri address)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.ParseAdd("text/html,application/xhtml+xml;q=0.9");
        request.Headers.AcceptEncoding.ParseAdd("identity");
        request.Headers.UserAgent.ParseAdd("Mozilla/5.0 (compatible; LinkShort; page titles)");
        return request;
    }

    private static bool IsPage(HttpContentHeaders headers) =>
        headers.ContentEncoding.Count == 0 && headers.ContentType?.MediaType is "text/html" or "application/xhtml+xml";

    /// <summary>The first bytes of a page.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MaxBytes];
        var length = 0;
        while (length < buffer.Length && await stream.ReadAsync(buffer.AsMemory(length), cancellationToken) is > 0 and var read)
        {
            // The end tag can lie across two reads.
            var from = Math.Max(0, length - 8);
            length += read;
            if (buffer.AsSpan(from, length - from).IndexOf("</head>"u8) >= 0)
            {
                break;
            }
        }

        return buffer.AsMemory(0, length);
    }
}
