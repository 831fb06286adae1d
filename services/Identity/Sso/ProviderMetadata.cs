using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace LinkShort.Identity.Sso;

/// <summary>The cached configurations of providers, by issuer.</summary>
public sealed class ProviderMetadata(ProviderHttp http, IOptions<SsoOptions> options, TimeProvider time)
{
    /// <summary>The tenant in the issuer of Microsoft's multi-tenant providers.</summary>
    public const string TenantPlaceholder = "{tenantid}";

    private const int MaxProviders = 10_000;

    private readonly ConcurrentDictionary<string, ProviderConfiguration> _configurations = new(StringComparer.Ordinal);

    /// <exception cref="ProviderException">The provider can't be reached, or its metadata must not be used.</exception>
    public Task<OpenIdConnectConfiguration> GetAsync(SsoProvider provider, CancellationToken cancellationToken) => Of(provider).GetAsync(cancellationToken);

    /// <summary>Whether this provider may be requested at that URL.</summary>
    public bool Allows(SsoProvider provider, Uri address) => http.Allows(provider, address);

    internal ProviderConfiguration Of(SsoProvider provider)
    {
        if (_configurations.Count > MaxProviders)
        {
            // More than any installation has; clear instead of growing without bound.
            _configurations.Clear();
        }

        return _configurations.GetOrAdd(
            (provider.IsInstallations ? "installation " : "workspace ") + provider.Issuer,
            // A withdrawn key must not be accepted.
            _ => new ProviderConfiguration(provider, http, options.Value, time) { UseLastKnownGoodConfiguration = false });
    }
}
