using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using LinkShort.ServiceDefaults;
using LinkShort.Values;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Sso;

/// <summary>
/// Requests to providers. Every one is bounded in time and size and follows no redirect. What workspaces name is asked over https only, and
/// never at an address inside a network: names are resolved here, and the connection goes to the address that was checked.
/// </summary>
public sealed class ProviderHttp : IDisposable
{
    /// <summary>The largest documents of large providers have some 30 KB.</summary>
    public const int MaxResponseBytes = 256 * 1024;

    private readonly SsoOptions _options;
    private readonly HttpClient _ours;
    private readonly HttpClient _workspaces;

    public ProviderHttp(IOptions<SsoOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Value;
        _ours = Client(null);
        _workspaces = Client(_options.AllowPrivateIssuers ? null : ConnectToPublicAsync);
    }

    /// <summary>Whether requests may go there at all.</summary>
    public bool Allows(SsoProvider provider, Uri address)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(address);
        return address.Scheme == Uri.UriSchemeHttps
            || (address.Scheme == Uri.UriSchemeHttp && (provider.IsInstallations ? address.IsLoopback : _options.AllowPrivateIssuers));
    }

    public Task<(HttpStatusCode Status, string Body)> GetAsync(SsoProvider provider, Uri address, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = authorization;
        return SendAsync(provider, request, cancellationToken);
    }

    public Task<(HttpStatusCode Status, string Body)> PostAsync(
        SsoProvider provider, Uri address, AuthenticationHeaderValue? authorization, IEnumerable<KeyValuePair<string, string>> form, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(form) };
        request.Headers.Authorization = authorization;
        return SendAsync(provider, request, cancellationToken);
    }

    public void Dispose()
    {
        _ours.Dispose();
        _workspaces.Dispose();
    }

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(SsoProvider provider, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var sent = request;
        if (!Allows(provider, request.RequestUri!))
        {
            throw new ProviderException(SsoReasons.Metadata, "The provider uses a URL that is not https.");
        }

        request.Headers.Accept.ParseAdd("application/json");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_options.ProviderTimeout);
        try
        {
            using var response = await (provider.IsInstallations ? _ours : _workspaces).SendAsync(request, HttpCompletionOption.ResponseContentRead, patience.Token);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(patience.Token));
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw new ProviderException(SsoReasons.Metadata, "The provider's response is too large.", exception);
        }
        catch (Exception exception) when (
            exception is IOException or InvalidOperationException || Outages.IsOutageOrDeadline(exception, cancellationToken))
        {
            throw new ProviderException(SsoReasons.Unreachable, "The provider can't be reached, or did not respond in time.", exception);
        }
    }

    private static HttpClient Client(Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = connect is null,
            // No decompression: small answers may unpack to huge ones.
            AutomaticDecompression = DecompressionMethods.None,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            MaxConnectionsPerServer = 20,
            MaxResponseHeadersLength = 32,
            ConnectCallback = connect,
        };
        // The limit of time is each request's own.
        return new HttpClient(handler) { MaxResponseContentBufferSize = MaxResponseBytes, Timeout = Timeout.InfiniteTimeSpan };
    }

    private static async ValueTask<Stream> ConnectToPublicAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        // All of them: a name that has a private address among others is no mistake that we help along.
        if (addresses.Length == 0 || !addresses.All(SpecialAddresses.IsPublic))
        {
            throw new HttpRequestException($"'{host}' is not at a public address.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
