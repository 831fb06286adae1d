using LinkShort.ServiceDefaults.Http;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>
/// identity's public keys, cached. An unknown key id asks again (at most every few seconds), so a rotation is noticed at once;
/// while identity is away the keys known so far go on working, and without any the answer is 503, not 401.
/// </summary>
internal sealed class SigningKeySource : IConfigurationManager<OpenIdConnectConfiguration>
{
    private const string Address = "https+http://identity/.well-known/jwks.json";

    private readonly ConfigurationManager<OpenIdConnectConfiguration> _keys;

    public SigningKeySource(IHttpClientFactory clients) =>
        _keys = new ConfigurationManager<OpenIdConnectConfiguration>(Address, new JwksConfigurationRetriever(), new JwksDocument(clients))
        {
            // The library's smallest: one request a second at most, however many tokens with unknown keys arrive.
            RefreshInterval = TimeSpan.FromSeconds(1),
            AutomaticRefreshInterval = TimeSpan.FromMinutes(10),
        };

    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        try
        {
            return await _keys.GetConfigurationAsync(cancel);
        }
        catch (InvalidOperationException exception)
        {
            throw new DependencyUnavailableException("identity", exception);
        }
    }

    public void RequestRefresh() => _keys.RequestRefresh();

    private sealed class JwksDocument(IHttpClientFactory clients) : IDocumentRetriever
    {
        public async Task<string> GetDocumentAsync(string address, CancellationToken cancel)
        {
            using var client = clients.CreateClient(JwksConfigurationRetriever.HttpClientName);
            return await client.GetStringAsync(new Uri(address), cancel);
        }
    }
}

/// <summary>A key set alone, as the library's configuration document: there is no discovery to do between our own services.</summary>
internal sealed class JwksConfigurationRetriever : IConfigurationRetriever<OpenIdConnectConfiguration>
{
    public const string HttpClientName = "jwks";

    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(string address, IDocumentRetriever retriever, CancellationToken cancel)
    {
        var keys = JsonWebKeySet.Create(await retriever.GetDocumentAsync(address, cancel));
        var configuration = new OpenIdConnectConfiguration { Issuer = Tokens.Issuer, JsonWebKeySet = keys };
        foreach (var key in keys.GetSigningKeys())
        {
            configuration.SigningKeys.Add(key);
        }

        return configuration;
    }
}
