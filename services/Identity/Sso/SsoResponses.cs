using LinkShort.ServiceDefaults.Auth;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace LinkShort.Identity.Sso;

/// <summary>Validates a provider's authorization response, and redeems its code for claims.</summary>
public sealed class SsoResponses(SsoProviders providers, ProviderMetadata metadata, CodeExchange exchange, TimeProvider time)
{
    /// <param name="key">The provider that the attempt was started with.</param>
    /// <exception cref="ProviderException">The provider can't be reached, denied the sign-in, or sent something that must not be trusted.</exception>
    public async Task<(SsoProvider Provider, ProviderClaims Claims)> RedeemAsync(
        string key, SsoAttempt attempt, FinishSso.Request response, CancellationToken cancellationToken)
    {
        var provider = await providers.FindAsync(key, cancellationToken)
            ?? throw new ProviderException(SsoReasons.State, IdentityTexts.Of("providers.removed"));
        var configuration = await metadata.GetAsync(provider, cancellationToken);
        CheckIssuer(configuration, response.Iss);
        if (response.Error is { } error)
        {
            throw new ProviderException(SsoReasons.Denied, CodeExchange.ErrorCode().IsMatch(error) ? IdentityTexts.Of("providers.answered", ("error", error)) : IdentityTexts.Of("providers.denied"));
        }

        var claims = await exchange.RedeemAsync(
            provider, configuration, response.Code!, attempt.CodeVerifier, attempt.Nonce, providers.RedirectUriOf(provider.Key), cancellationToken);
        // max_age was 0 (OpenID Connect Core, 3.1.3.7, 13). Large providers omit auth_time; prompt=login has to do then.
        if (attempt.Intent.Fresh && claims.AuthenticatedAt is { } at && time.GetUtcNow() - at > RecentSignIn.DefaultMaxAge)
        {
            throw new ProviderException(SsoReasons.Token, IdentityTexts.Of("providers.notAskedAgain"));
        }

        return (provider, claims);
    }

    /// <summary>RFC 9207: a response that names its issuer must come from the provider that was asked.</summary>
    private static void CheckIssuer(OpenIdConnectConfiguration configuration, string? issuer)
    {
        if (issuer is null ? configuration.AuthorizationResponseIssParameterSupported : issuer != configuration.Issuer)
        {
            throw new ProviderException(SsoReasons.Issuer, IdentityTexts.Of("providers.otherProvider"));
        }
    }
}
