using System.Text.Json;
using LinkShort.Localization;

namespace LinkShort.Web.Api;

/// <summary>Signing up and in, and the links in emails.</summary>
public sealed partial class LinkShortApi
{
    public Task<ApiResult<ConsentTexts>> ConsentTextsAsync(Language language, CancellationToken cancellationToken) =>
        AskAsync<ConsentTexts>(HttpMethod.Get, "/auth/consents" + QueryString.Create("locale", language.Code), null, cancellationToken);

    public Task<ApiResult<Done>> RegisterAsync(Registration account, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, "/auth/register", account, null, cancellationToken);

    /// <param name="deviceToken">Of a previous sign-in on this device, which replaces the second factor; null without one.</param>
    public Task<ApiResult<Tokens>> LoginAsync(string email, string password, string? deviceToken, CancellationToken cancellationToken) =>
        AskAsync<Tokens>(
            HttpMethod.Post, "/auth/login", deviceToken is null ? (object)new { email, password } : new { email, password, deviceToken }, cancellationToken);

    public Task<ApiResult<Tokens>> LoginWithFactorAsync(FactorAnswer answer, CancellationToken cancellationToken) =>
        AskAsync<Tokens>(HttpMethod.Post, "/auth/login/2fa", answer, cancellationToken);

    /// <returns>PublicKeyCredentialRequestOptionsJSON, for the browser.</returns>
    public Task<ApiResult<JsonDocument>> PasskeyOptionsAsync(CancellationToken cancellationToken) =>
        AskAsync<JsonDocument>(HttpMethod.Post, "/auth/passkey/options", new { }, cancellationToken);

    public Task<ApiResult<Tokens>> LoginWithPasskeyAsync(JsonElement credential, CancellationToken cancellationToken) =>
        AskAsync<Tokens>(HttpMethod.Post, "/auth/passkey", new { credential }, cancellationToken);

    public Task<ApiResult<Tokens>> RefreshAsync(string refreshToken, CancellationToken cancellationToken) =>
        AskAsync<Tokens>(HttpMethod.Post, RefreshPath, new { refreshToken }, cancellationToken);

    public Task<ApiResult<Done>> LogoutAsync(string refreshToken, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, "/auth/logout", new { refreshToken }, null, cancellationToken);

    /// <summary>Confirms the identity of the signed-in user.</summary>
    public Task<ApiResult<Tokens>> ConfirmAsync(Confirmation confirmation, CancellationToken cancellationToken) =>
        AskAsync<Tokens>(HttpMethod.Post, "/auth/confirm", confirmation, cancellationToken);

    public Task<ApiResult<Done>> VerifyEmailAsync(string token, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, "/auth/email/verify", new { token }, null, cancellationToken);

    public Task<ApiResult<Done>> ResendVerificationAsync(string email, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, "/auth/email/resend", new { email }, null, cancellationToken);

    public Task<ApiResult<EmailChangeAnswer>> ConfirmEmailChangeAsync(string token, CancellationToken cancellationToken) =>
        AskAsync<EmailChangeAnswer>(HttpMethod.Post, "/auth/email/change/confirm", new { token }, cancellationToken);

    public Task<ApiResult<Done>> CancelEmailChangeAsync(string token, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, "/auth/email/change/cancel", new { token }, null, cancellationToken);

    public Task<ApiResult<Done>> ForgotPasswordAsync(string email, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, "/auth/password/forgot", new { email }, null, cancellationToken);

    public Task<ApiResult<Done>> ResetPasswordAsync(string token, string password, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, "/auth/password/reset", new { token, password }, null, cancellationToken);
}
