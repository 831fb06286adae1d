using System.IdentityModel.Tokens.Jwt;
using System.Text.Json;
using LinkShort.Localization;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Microsoft.IdentityModel.Validators;

namespace LinkShort.Identity.Sso;

/// <summary>
/// Validates token responses (OpenID Connect Core 1.0, 3.1.3.7; RFC 8725) with IdentityModel's validators, configured here, and checks what
/// they omit: docs/adr/0040 has the list.
/// </summary>
public sealed class IdTokens(ProviderMetadata metadata, IOptions<SsoOptions> options, TimeProvider time)
{
    private const int MaxTokenBytes = 64 * 1024;

    /// <summary>A token is issued for this sign-in, not reused.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);

    /// <summary>Only signatures by a private key: neither "none" nor HMAC, which anyone with the client secret can create.</summary>
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private readonly JsonWebTokenHandler _tokens = new() { MaximumTokenSizeInBytes = MaxTokenBytes, MapInboundClaims = false };

    /// <summary>Nonce, azp, at_hash and the required claims. The state was compared when the attempt was redeemed.</summary>
    private readonly OpenIdConnectProtocolValidator _protocol = new() { RequireStateValidation = false, RequireTimeStampInNonce = false };

    /// <param name="response">The token endpoint's.</param>
    /// <param name="nonce">Of the request.</param>
    /// <exception cref="ProviderException">The token must not be trusted.</exception>
    public async Task<ProviderClaims> ValidateAsync(
        SsoProvider provider, OpenIdConnectConfiguration configuration, OpenIdConnectMessage response, string nonce)
    {
        var result = await _tokens.ValidateTokenAsync(response.IdToken, Parameters(provider, configuration));
        if (!result.IsValid || result.SecurityToken is not JsonWebToken token)
        {
            throw Refused(result.Exception is { } failure ? LocalizedText.Verbatim(failure.GetType().Name) : IdentityTexts.Of("providers.idTokenInvalid"), result.Exception);
        }

        try
        {
            _protocol.ValidateTokenResponse(new OpenIdConnectProtocolValidationContext
            {
                ClientId = provider.ClientId,
                Nonce = nonce,
                ProtocolMessage = response,
                // The protocol validator still requires the older type of token.
                ValidatedIdToken = JwtSecurityTokenConverter.Convert(token),
            });
        }
        catch (Exception exception)
        {
            // Every exception is caused by the token.
            throw Refused(LocalizedText.Verbatim(exception.GetType().Name), exception);
        }

        using var payload = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        var now = time.GetUtcNow();
        var skew = options.Value.ClockSkew;
        if (ProviderClaims.Seconds(payload.RootElement, "iat") is not { } issuedAt
            || issuedAt > (now + skew).ToUnixTimeSeconds() || issuedAt < (now - MaxAge - skew).ToUnixTimeSeconds())
        {
            throw Refused(IdentityTexts.Of("providers.idTokenTime"));
        }

        // 3.1.3.7, 4: the library only logs a warning.
        if (token.Audiences.Count() > 1 && ProviderClaims.Text(payload.RootElement, "azp") != provider.ClientId)
        {
            throw Refused(IdentityTexts.Of("providers.idTokenAudiences"));
        }

        return ProviderClaims.Read(token.Issuer, payload.RootElement, provider.Workspace?.RoleClaim, now) ?? throw Refused(IdentityTexts.Of("providers.idTokenSubject"));
    }

    internal static ProviderException Refused(LocalizedText why, Exception? exception = null) => new(SsoReasons.Token, IdentityTexts.Of("providers.idToken", ("why", why)), exception);

    private TokenValidationParameters Parameters(SsoProvider provider, OpenIdConnectConfiguration configuration)
    {
        var parameters = new TokenValidationParameters
        {
            // Issuer and keys; on an unknown key the handler requests a refresh and validates once more.
            ConfigurationManager = metadata.Of(provider),
            ValidAlgorithms = Algorithms,
            ValidAudience = provider.ClientId,
            ClockSkew = options.Value.ClockSkew,
        };
        if (configuration.Issuer.Contains(ProviderMetadata.TenantPlaceholder, StringComparison.Ordinal))
        {
            parameters.IssuerValidator = (issuer, token, _) => token is JsonWebToken jwt && IsTenant(issuer, jwt, configuration.Issuer)
                ? issuer
                : throw new SecurityTokenInvalidIssuerException("Another issuer.");
            // A tenant's key must not sign for another tenant.
            parameters.EnableAadSigningKeyIssuerValidation();
        }

        return parameters;
    }

    /// <summary>The issuer is the template with the token's own tenant. AadIssuerValidator would fetch metadata by a client of its own.</summary>
    private static bool IsTenant(string issuer, JsonWebToken token, string template) =>
        token.TryGetPayloadValue<string>("tid", out var tenant) && Guid.TryParse(tenant, out _)
        && issuer == template.Replace(ProviderMetadata.TenantPlaceholder, tenant, StringComparison.Ordinal);
}
