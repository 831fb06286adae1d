using System.Net;
using System.Net.Http.Headers;
using LinkShort.ServiceDefaults;
using LinkShort.Values;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Sso;

/// <summary>
/// Requests to providers. Each has a timeout and a size limit, and follows no redirects. Providers of workspaces must use https and public
/// addresses, see <see cref="PublicConnection"/>.
/// </summary>
public sealed class ProviderHttp : IDisposable
{
    /// <summary>The largest documents of large providers are about 30 KB.</summary>
    public const int MaxResponseBytes = 256 * 1024;

    private readonly SsoOptions _options;
    private readonly HttpClient _ours;
    private readonly HttpClient _workspaces;

    public ProviderHttp(IOptions<SsoOptions> options)
    {
        _options = options.Value;
        _ours = Client(null);
        _workspaces = Client(_options.AllowPrivateIssuers ? null : new PublicConnection().ConnectAsync);
    }

    /// <summary>Whether this provider may be requested at that URL.</summary>
    public bool Allows(SsoProvider provider, Uri address)
    {
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
            throw new ProviderException(SsoReasons.Metadata, IdentityTexts.Of("providers.notHttps"));
        }

        request.Headers.Accept.ParseAdd("application/json");
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(_options.ProviderTimeout);
        try
        {
            using var response = await (provider.IsInstallations ? _ours : _workspaces).SendAsync(request, HttpCompletionOption.ResponseContentRead, timeout.Token);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(timeout.Token));
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw new ProviderException(SsoReasons.Metadata, IdentityTexts.Of("providers.tooLarge"), exception);
        }
        catch (Exception exception) when (
            exception is IOException or InvalidOperationException || Outages.IsOutageOrDeadline(exception, cancellationToken))
        {
            throw new ProviderException(SsoReasons.Unreachable, IdentityTexts.Of("providers.unreachable"), exception);
        }
    }

    private static HttpClient Client(Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = connect is null,
            // No decompression, because small responses can expand to huge ones.
            AutomaticDecompression = DecompressionMethods.None,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            MaxConnectionsPerServer = 20,
            MaxResponseHeadersLength = 32,
            ConnectCallback = connect,
        };
        // Each request has its own timeout.
        return new HttpClient(handler) { MaxResponseContentBufferSize = MaxResponseBytes, Timeout = Timeout.InfiniteTimeSpan };
    }
}
