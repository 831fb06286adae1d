using LinkShort.Contracts;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace LinkShort.Identity.Keys.SigningKeys;

/// <summary>The key ring as the source of token validation, instead of an HTTP request of identity to itself.</summary>
internal sealed class LocalSigningKeys(SigningKeyRing keys) : IConfigurationManager<OpenIdConnectConfiguration>
{
    private volatile Cached? _cached;

    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        var published = await keys.PublishedAsync(cancel);
        if (_cached is { } cached && ReferenceEquals(cached.Keys, published))
        {
            return cached.Configuration;
        }

        var configuration = new OpenIdConnectConfiguration { Issuer = Tokens.Issuer };
        foreach (var key in published)
        {
            configuration.SigningKeys.Add(key.ToJsonWebKey());
        }

        _cached = new Cached(published, configuration);
        return configuration;
    }

    public void RequestRefresh()
    {
        // The ring reads its keys every few seconds, which is more often than a new key needs before it signs.
    }

    private sealed record Cached(IReadOnlyList<SigningKey> Keys, OpenIdConnectConfiguration Configuration);
}
