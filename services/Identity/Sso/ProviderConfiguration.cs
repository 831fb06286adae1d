using System.Net;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect.Configuration;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.Identity.Sso;

/// <summary>
/// One provider's metadata and keys (OpenID Connect Discovery 1.0), as the token handler's source. Read once an hour, by one request for all
/// callers; when that fails, the last ones remain valid for a day. The library's ConfigurationManager refreshes in the background,
/// so the first token after a key rotation would be refused, and it uses outdated metadata forever: docs/adr/0040.
/// </summary>
internal sealed class ProviderConfiguration(SsoProvider provider, ProviderHttp http, SsoOptions options, TimeProvider time)
    : BaseConfigurationManager, IDocumentRetriever
{
    private static readonly TimeSpan StaleLifetime = TimeSpan.FromDays(1);

    /// <summary>How long a failure is cached, so that it is shared by all callers.</summary>
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private OpenIdConnectConfiguration? _known;
    private DateTimeOffset _readAt;
    private DateTimeOffset _refreshedAt;
    private DateTimeOffset _failedAt;
    private ProviderException? _failure;
    private Task<OpenIdConnectConfiguration>? _reading;

    /// <summary>Where the provider's metadata is (OpenID Connect Discovery 1.0, 4).</summary>
    public static string MetadataOf(SsoProvider provider) => provider.Issuer.TrimEnd('/') + "/.well-known/openid-configuration";

    /// <exception cref="ProviderException">The provider can't be reached, or its metadata must not be used.</exception>
    public async Task<OpenIdConnectConfiguration> GetAsync(CancellationToken cancellationToken)
    {
        Task<OpenIdConnectConfiguration> reading;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_reading is null && _known is not null && now - _readAt < options.MetadataLifetime)
            {
                return _known;
            }

            if (_reading is null && now - _failedAt < FailurePause)
            {
                return _known ?? throw new ProviderException(_failure!.Reason, _failure.Text);
            }

            reading = _reading ??= Read();
        }

        try
        {
            return await reading.WaitAsync(cancellationToken);
        }
        catch (ProviderException) when (_known is not null && time.GetUtcNow() - _readAt < StaleLifetime)
        {
            return _known;
        }
    }

    public override async Task<BaseConfiguration> GetBaseConfigurationAsync(CancellationToken cancel) => await GetAsync(cancel);

    /// <summary>A token has an unknown key, so the keys may have been rotated. Rate-limited, as forged tokens would cause endless requests.</summary>
    public override void RequestRefresh()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (now - _refreshedAt >= options.KeyRefreshInterval && now - _failedAt >= FailurePause)
            {
                _refreshedAt = now;
                _reading ??= Read();
            }
        }
    }

    /// <summary>The library's retriever calls it for both documents.</summary>
    public async Task<string> GetDocumentAsync(string address, CancellationToken cancel)
    {
        var (status, body) = await http.GetAsync(provider, new Uri(address), null, cancel);
        return status == HttpStatusCode.OK ? body
            : throw new ProviderException(
                (int)status >= 500 ? SsoReasons.Unreachable : SsoReasons.Metadata, IdentityTexts.Of("providers.metadataStatus", ("status", (int)status)));
    }

    /// <summary>Not cancelled by its caller: others wait for it too, and every request has a timeout.</summary>
    private Task<OpenIdConnectConfiguration> Read() => Task.Run(ReadAsync, CancellationToken.None);

    private async Task<OpenIdConnectConfiguration> ReadAsync()
    {
        try
        {
            var configuration = await OpenIdConnectConfigurationRetriever.GetAsync(MetadataOf(provider), this, CancellationToken.None);
            Validate(configuration);
            lock (_lock)
            {
                (_known, _readAt, _reading) = (configuration, time.GetUtcNow(), null);
            }

            return configuration;
        }
        catch (Exception exception)
        {
            lock (_lock)
            {
                _failure = exception as ProviderException ?? new ProviderException(SsoReasons.Metadata, IdentityTexts.Of("providers.metadata"), exception);
                (_failedAt, _reading) = (time.GetUtcNow(), null);
                throw _failure;
            }
        }
    }

    private void Validate(OpenIdConnectConfiguration configuration)
    {
        if (!new OpenIdConnectConfigurationValidator().Validate(configuration).Succeeded)
        {
            throw new ProviderException(SsoReasons.Metadata, IdentityTexts.Of("providers.noKeys"));
        }

        if (!IsSame(configuration.Issuer))
        {
            throw new ProviderException(SsoReasons.Metadata, IdentityTexts.Of("providers.issuerDiffers"));
        }

        foreach (var endpoint in new[] { configuration.AuthorizationEndpoint, configuration.TokenEndpoint, configuration.JwksUri })
        {
            if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || !http.Allows(provider, uri))
            {
                throw new ProviderException(SsoReasons.Metadata, IdentityTexts.Of("providers.endpoints"));
            }
        }
    }

    private bool IsSame(string? issuer) =>
        issuer is not null && (issuer.TrimEnd('/') == provider.Issuer.TrimEnd('/')
            // Microsoft's "common" and "organizations", which only operators can configure, not workspaces.
            || (provider.IsInstallations && issuer.Contains(ProviderMetadata.TenantPlaceholder, StringComparison.Ordinal)
                && Uri.TryCreate(issuer.Replace(ProviderMetadata.TenantPlaceholder, "tenant", StringComparison.Ordinal), UriKind.Absolute, out var template)
                && template.Authority == new Uri(provider.Issuer).Authority));
}
