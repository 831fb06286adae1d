using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace LinkShort.Identity.Sso;

/// <summary>Exchanges an authorization code for the provider's claims (RFC 6749, 4.1.3; RFC 7636).</summary>
public sealed partial class CodeExchange(ProviderHttp http, IdTokens idTokens)
{
    private const string Basic = "client_secret_basic";
    private const string Post = "client_secret_post";

    /// <param name="codeVerifier">Of the request's code challenge.</param>
    /// <exception cref="ProviderException">The provider can't be reached, refuses the code, or returns something that must not be trusted.</exception>
    public async Task<ProviderClaims> RedeemAsync(
        SsoProvider provider, OpenIdConnectConfiguration configuration, string code, string codeVerifier, string nonce, string redirectUri,
        CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = redirectUri,
            ["code_verifier"] = codeVerifier,
        };
        var authorization = Authenticate(provider, configuration, form);
        var (status, body) = await http.PostAsync(provider, new Uri(configuration.TokenEndpoint), authorization, form, cancellationToken);
        if ((int)status >= 500 || status == HttpStatusCode.TooManyRequests)
        {
            throw new ProviderException(SsoReasons.Unreachable, IdentityTexts.Of("providers.codeStatus", ("status", (int)status)));
        }

        var response = Parse(body);
        if (status != HttpStatusCode.OK)
        {
            // Only error codes of RFC 6749 are passed on, no other text of the provider.
            var error = response.Error is { } sent && ErrorCode().IsMatch(sent) ? sent : "without a reason";
            throw new ProviderException(SsoReasons.Code, IdentityTexts.Of("providers.codeRefused", ("error", error)));
        }

        var claims = await idTokens.ValidateAsync(provider, configuration, response, nonce);
        var isComplete = claims.Email is not null && (provider.Workspace?.RoleClaim is null || claims.Groups.Count > 0);
        return isComplete || string.IsNullOrEmpty(configuration.UserInfoEndpoint)
            ? claims
            : await AskUserInfoAsync(provider, configuration, claims, response.AccessToken, cancellationToken);
    }

    private async Task<ProviderClaims> AskUserInfoAsync(
        SsoProvider provider, OpenIdConnectConfiguration configuration, ProviderClaims claims, string accessToken, CancellationToken cancellationToken)
    {
        if (!AccessToken().IsMatch(accessToken) || !Uri.TryCreate(configuration.UserInfoEndpoint, UriKind.Absolute, out var address))
        {
            throw new ProviderException(SsoReasons.Token, IdentityTexts.Of("providers.accessToken"));
        }

        var (status, body) = await http.GetAsync(provider, address, new AuthenticationHeaderValue("Bearer", accessToken), cancellationToken);
        if (status != HttpStatusCode.OK)
        {
            throw new ProviderException(SsoReasons.Unreachable, IdentityTexts.Of("providers.emailStatus", ("status", (int)status)));
        }

        try
        {
            using var userInfo = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 16 });
            return claims.With(userInfo.RootElement, provider.Workspace?.RoleClaim) ?? throw IdTokens.Refused(IdentityTexts.Of("providers.userInfoSubject"));
        }
        catch (JsonException exception)
        {
            throw new ProviderException(SsoReasons.Token, IdentityTexts.Of("providers.notJson"), exception);
        }
    }

    /// <summary>
    /// In the header, unless the provider only accepts the secret in the body. Without a list of methods, the header is the default (OpenID
    /// Connect Discovery 1.0, 3).
    /// </summary>
    private static AuthenticationHeaderValue? Authenticate(SsoProvider provider, OpenIdConnectConfiguration configuration, Dictionary<string, string> form)
    {
        var methods = configuration.TokenEndpointAuthMethodsSupported;
        if (provider.ClientSecret is { } secret && (methods.Count == 0 || methods.Contains(Basic) || !methods.Contains(Post)))
        {
            // RFC 6749, 2.3.1: both are form-encoded first.
            return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Encode(provider.ClientId)}:{Encode(secret)}")));
        }

        form["client_id"] = provider.ClientId;
        if (provider.ClientSecret is not null)
        {
            form["client_secret"] = provider.ClientSecret;
        }

        return null;

        static string Encode(string text) => WebUtility.UrlEncode(text);
    }

    private static OpenIdConnectMessage Parse(string body)
    {
        try
        {
            return new OpenIdConnectMessage(body);
        }
        catch (ArgumentException exception)
        {
            throw new ProviderException(SsoReasons.Token, IdentityTexts.Of("providers.notJson"), exception);
        }
    }

    [GeneratedRegex("^[a-z_]{1,50}$")]
    internal static partial Regex ErrorCode();

    /// <summary>RFC 6750, 2.1.</summary>
    [GeneratedRegex("^[A-Za-z0-9._~+/=-]{1,8192}$")]
    private static partial Regex AccessToken();
}
